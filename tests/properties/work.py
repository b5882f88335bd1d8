"""Counts the work of commands: lines executed inside kernels, which run here as plain Python.

    NUMBA_DISABLE_JIT=1 python -m tests.properties.work    # prints {"what": [lines with few orders, with many], ...}

A line of a kernel does a bounded amount of work, so the count of lines is the count of operations, whatever the clock.
"""

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from exchange.codes import CommandKind, EventKind, MarketState, Side, TimeInForce
from exchange.conformance.venues import EngineVenue
from exchange.records import pack_client_order_id
from tests.market import account_payload, property_market
from tests.rows import Command

KERNELS = ("/exchange/book/", "/exchange/clearing/", "/exchange/engine/")
FEW, MANY = 60, 600
ACCOUNTS = 4
BID, ASK = 95, 105
FAR = 5  # resting orders stand on so many ticks a side


class Counter:
    """Lines executed in kernel modules."""

    def __init__(self) -> None:
        self.lines = 0

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        if any(part in frame.f_code.co_filename for part in KERNELS):
            return self._line
        return None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        self.lines += event == "line"
        return self._line


class Desk:
    """A market with a book of so many orders, and commands of which each says what it cost."""

    def __init__(self, orders: int) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        self.venue.control(CommandKind.LIST, property_market())
        for account in range(1, 1 + ACCOUNTS):
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
            self.send(CommandKind.DEPOSIT, account=account, price=10**12)
        for state in (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN):
            self.send(CommandKind.SET_STATE, group=2, order_type=state)
        for number in range(orders):
            side = number % 2
            price = BID - number // 2 % FAR if side == Side.BUY else ASK + number // 2 % FAR
            self.new(f"rest{number}", side, price, lots=2, account=1 + number % ACCOUNTS)

    def send(self, kind: CommandKind, **fields: Any) -> int:
        self.sequence += 1
        command = Command(kind=kind, sequence=self.sequence, time_ns=self.sequence, request_id=self.sequence, **fields)
        counter = Counter()
        sys.settrace(counter)
        try:
            self.events = self.venue.apply(command)
        finally:
            sys.settrace(None)
        self.seen = [EventKind(event.kind).name for event in self.events]
        return counter.lines

    def new(self, name: str, side: int, price: int, **fields: Any) -> int:
        fields = {"account": 1, "lots": 1, "tif": TimeInForce.GTC, **words(name), **fields}
        return self.send(CommandKind.NEW, instrument=9, side=side, price=price, **fields)


def words(name: str) -> dict[str, int]:
    return {f"client_order_id_{place}": word for place, word in enumerate(pack_client_order_id(name))}


def costs(orders: int) -> dict[str, int]:
    """What each command costs in a book of so many orders."""
    desk = Desk(orders)
    middle = orders // 2 // ACCOUNTS * ACCOUNTS
    owner = {"account": 1, **words(f"rest{middle}")}
    found = {
        "add at a new price": desk.new("new price", Side.BUY, BID - FAR - 1),
        "add behind others": desk.new("behind", Side.BUY, BID),
        "size down": desk.send(CommandKind.REPLACE, **owner, lots=1, price=BID - middle // 2 % FAR),
        "move": desk.send(CommandKind.REPLACE, **owner, lots=1, price=BID - FAR - 2),
        "cancel": desk.send(CommandKind.CANCEL, **owner),
        "cancel of an unknown order": desk.send(CommandKind.CANCEL, account=1, **words("nobody")),
        "id in use": desk.new("behind", Side.BUY, BID),
        "iceberg that rests": desk.new("ice", Side.SELL, ASK - 1, lots=12, display_lots=2),
        "1 slices": desk.new("slice", Side.BUY, ASK - 1, lots=2, account=2),
        "5 slices": desk.new("slices", Side.BUY, ASK - 1, lots=10, account=2),
    }
    for fills in (1, 2, 4, 8):
        lots = 2 * fills
        found[f"{fills} fills"] = desk.new(
            f"take{fills}", Side.SELL, BID - 2, lots=lots, tif=TimeInForce.IOC, account=3
        )
        assert sum(event.lots for event in desk.events if event.kind == 4) == 2 * lots, "as many lots as asked for"
    return found


if __name__ == "__main__":
    few, many = costs(FEW), costs(MANY)
    print(json.dumps({name: [few[name], many[name]] for name in few}))
