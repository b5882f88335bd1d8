"""The deterministic state machine: commands in, events out."""
