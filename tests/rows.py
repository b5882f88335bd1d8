"""COMMAND and EVENT rows as plain tuples: those of the conformance runner, under the name that tests use."""

from exchange.conformance.rows import Command, Event, command_bytes, event_tuples

__all__ = ["Command", "Event", "command_bytes", "event_tuples"]
