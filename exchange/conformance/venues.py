"""The venues that a scenario can run on: the compiled engine and the reference, without journal and gateway."""

import json
from typing import Any, Protocol

import numpy as np

from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.engine.event_rows import split_rests
from exchange.limits import MEDIUM, Limits
from exchange.records import COMMAND
from exchange.reference.engine import ReferenceEngine
from exchange.reference.market import Capacities
from exchange.reference.rows import Command, command_bytes, event_tuples


class ConformanceVenue(Protocol):
    """What a scenario can run on.

    control, apply   run a control or a COMMAND tuple, and return EVENT tuples
    position         (lots, open value in ticks times lots) of an account in a book
    """

    def control(self, kind: CommandKind, payload: dict[str, Any], time_ns: int = 0) -> list[Any]: ...
    def apply(self, command: Any) -> list[Any]: ...
    def position(self, account: int, index: int) -> tuple[int, int]: ...
    def cash_mills(self, account: int) -> int: ...


def rows(commands: list[Any]) -> np.ndarray:
    """COMMAND rows, shape (n,), of tuples."""
    return np.frombuffer(bytearray(command_bytes(commands)), COMMAND)


class EngineVenue:
    """The compiled engine. `control` raises ControlError if it cannot carry the control out."""

    def __init__(self, limits: Limits = MEDIUM, engine: Engine | None = None) -> None:
        self.engine = engine or Engine(limits)

    def control(self, kind: CommandKind, payload: dict[str, Any], time_ns: int = 0) -> list[Any]:
        data = json.dumps(payload).encode()
        self.engine.check_control(kind, data)
        return event_tuples(self.engine.control(rows([Command(kind=kind, time_ns=time_ns)]), data).tobytes())

    def apply(self, command: Any) -> list[Any]:
        return self.apply_all([command])

    def apply_all(self, commands: list[Any]) -> list[Any]:
        return event_tuples(split_rests(self.engine.apply(rows(commands))).tobytes())

    def position(self, account: int, index: int) -> tuple[int, int]:
        row = query.position(self.engine.states, account, index)
        return row.lots, row.open_value_tick_lots

    def cash_mills(self, account: int) -> int:
        return query.margin(self.engine.states, account).cash_mills


class ReferenceVenue:
    """The reference, with the same capacities as the engine with these limits."""

    def __init__(self, limits: Limits = MEDIUM) -> None:
        self.engine = ReferenceEngine(Capacities(limits.orders, limits.sessions + 1, limits.protections))
        self.market = self.engine.market

    def control(self, kind: CommandKind, payload: dict[str, Any], time_ns: int = 0) -> list[Any]:
        return self.engine.control(Command(kind=kind, time_ns=time_ns), payload)

    def apply(self, command: Any) -> list[Any]:
        return self.engine.apply(command)

    def position(self, account: int, index: int) -> tuple[int, int]:
        position = self.market.clearing.accounts[account].positions.get(index)
        return (position.lots, position.open_value_tick_lots) if position else (0, 0)

    def cash_mills(self, account: int) -> int:
        return self.market.clearing.accounts[account].cash_mills
