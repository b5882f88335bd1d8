"""What a scenario runs on: the compiled engine, or anything else with the same face."""

import json
from typing import Any, Protocol

import numpy as np

from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.limits import TEST, Limits
from exchange.records import COMMAND, split_rests
from exchange.reference.rows import Command, command_bytes, event_tuples


class Venue(Protocol):
    """Controls, rows, and what an account holds afterwards."""

    def control(self, kind: CommandKind, payload: dict[str, Any]) -> list[Any]: ...
    def apply(self, command: Any) -> list[Any]: ...
    def position(self, account: int, index: int) -> tuple[int, int]: ...
    def cash_mills(self, account: int) -> int: ...


def rows(commands: list[Any]) -> np.ndarray:
    """COMMAND rows of tuples."""
    return np.frombuffer(bytearray(command_bytes(commands)), COMMAND)


class EngineVenue:
    """The compiled engine, small, without journal and gateway. ControlError: a control it could not carry out."""

    def __init__(self, limits: Limits = TEST, engine: Engine | None = None) -> None:
        self.engine = engine or Engine(limits)

    def control(self, kind: CommandKind, payload: dict[str, Any]) -> list[Any]:
        data = json.dumps(payload).encode()
        self.engine.check_control(kind, data)
        return event_tuples(self.engine.control(rows([Command(kind=kind)]), data).tobytes())

    def apply(self, command: Any) -> list[Any]:
        return self.apply_all([command])

    def apply_all(self, commands: list[Any]) -> list[Any]:
        return event_tuples(split_rests(self.engine.apply(rows(commands))).tobytes())

    def position(self, account: int, index: int) -> tuple[int, int]:
        row = query.position(self.engine.states, account, index)
        return row.lots, row.open_value_tick_lots

    def cash_mills(self, account: int) -> int:
        return query.margin(self.engine.states, account).cash_mills
