"""A market in a line: messages of the scenario notation (`exchange.conformance.notation`), on engine and reference at
once. What tests of single kernels play."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from exchange.clearing_codes import HouseAccount
from exchange.codes import CommandKind
from exchange.conformance.market import BOOKS
from exchange.conformance.notation import read_scenarios
from exchange.conformance.runner import Runner
from exchange.conformance.venues import ConformanceVenue, ReferenceVenue
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.records import pack_client_order_id
from exchange.reference.rows import Command
from tests.venues import CheckedEngine


@dataclass(frozen=True)
class Played:
    """What became of the messages.

    events   of the messages, a text each
    engine   after the last one
    """

    events: list[str]
    engine: Engine

    @property
    def text(self) -> str:
        return "; ".join(self.events)

    @property
    def state(self) -> np.record:
        record: np.record = self.engine.states[0]
        return record

    @property
    def fees_mills(self) -> int:
        """All fees that the house has received."""
        return query.totals(self.engine.states).house_mills[HouseAccount.FEES]

    def book(self, name: str = "M1") -> np.record:
        row: np.record = self.state.books[BOOKS[name]]
        return row

    def send(self, kind: CommandKind, **fields: Any) -> list[Any]:
        """The rows of one more command, of the engine alone. Account 1 is the first that the line names, without
        `ltp=`."""
        sequence, time_ns = self.engine.sequence + 1, self.engine.time_ns + 1
        command = Command(kind=kind, **{"sequence": sequence, "time_ns": time_ns, "account": 1} | fields)
        return CheckedEngine(engine=self.engine).apply(command)

    def slots(self, name: str) -> list[int]:
        """Slots of the live orders of this id."""
        orders = self.engine.states["orders"][0]
        known = orders["state"] != 0
        for place, word in enumerate(pack_client_order_id(name)):
            known &= orders[f"client_order_id_{place}"] == word
        return [int(slot) for slot in np.nonzero(known)[0]]

    def order(self, name: str) -> np.record:
        """The one live order of this id."""
        (slot,) = self.slots(name)
        row: np.record = self.state.orders[slot]
        return row


def play(messages: str = "-", before: str = "-", parameters: str = "-", capacity: int = 0) -> Played:
    """Play a line on both; they agree on every event. `capacity`: of the engine's event buffer, 0 all of it."""
    scenario = read_scenarios(f"played | - | {parameters} | {before} | {messages} | -", "played")[0]
    venue = CheckedEngine()
    if capacity:
        venue.engine.outs["capacity"] = capacity
    events: list[list[str]] = []
    both: list[ConformanceVenue] = [venue, ReferenceVenue()]
    for one in both:
        runner = Runner(scenario, one)
        for message in scenario.before:
            runner.send(message)
        events.append([event for message in scenario.messages for event in runner.send(message)])
    assert events[0] == events[1], "engine, reference"
    return Played(events[0], venue.engine)
