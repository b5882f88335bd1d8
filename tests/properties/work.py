"""Counts the work of commands: how often kernels, run as plain Python, look at a row of a table.

    NUMBA_DISABLE_JIT=1 python -m tests.properties.work    # prints {"what": [rows with few orders, with many], ...}

A walk over orders, levels or positions looks at a row for each, so the count says what a command costs, whatever the
clock and however the kernel is written.
"""

import json
from typing import Any

import numpy as np

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, OrderType, Scope, Side, TimeInForce
from exchange.conformance.venues import EngineVenue
from exchange.records import Record, pack_client_order_id
from exchange.reference.rows import Command
from tests.market import account_payload, property_market

FEW, MANY = 60, 600
ACCOUNTS = 4
LONER = ACCOUNTS + 1
BID, ASK = 95, 105
FAR = 5  # resting orders stand on so many ticks a side


class Table(np.ndarray):
    """A table of the state that counts how often a row of it is looked at or written."""

    looks = 0

    def __getitem__(self, place: Any) -> Any:
        Table.looks += 1
        return super().__getitem__(place)

    def __setitem__(self, place: Any, value: Any) -> None:
        Table.looks += 1
        super().__setitem__(place, value)


class State(Record):
    """The state whose tables count."""

    def __getattribute__(self, name: str) -> Any:
        field = super().__getattribute__(name)
        return field.view(Table) if type(field) is np.ndarray else field


class Desk:
    """A market with a book of so many orders, and commands of which each says what it cost."""

    def __init__(self, orders: int) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        states = self.venue.engine.states
        self.venue.engine.states = states.view(np.dtype((State, states.dtype)))
        self.venue.control(CommandKind.LIST, property_market())
        for account in range(1, 2 + ACCOUNTS):
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
            self.send(CommandKind.DEPOSIT, account=account, amount_mills=10**12)
        for state in (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN):
            self.set_state(state, 2)
            self.set_state(state, 1)
        for number in range(orders):
            side = number % 2
            price = BID - number // 2 % FAR if side == Side.BUY else ASK + number // 2 % FAR
            self.new(f"rest{number}", side, price, lots=2, account=1 + number % ACCOUNTS)

    def send(self, kind: CommandKind, **fields: Any) -> int:
        self.sequence += 1
        command = Command(kind=kind, sequence=self.sequence, time_ns=self.sequence, request_id=self.sequence, **fields)
        before = Table.looks
        self.events = self.venue.apply(command)
        self.seen = [EventKind(event.kind).abbreviation for event in self.events]
        return Table.looks - before

    def set_state(self, state: MarketState, group: int = 1) -> int:
        return self.send(CommandKind.SET_STATE, group=group, market_state=state)

    def new(self, name: str, side: int, price: int, **fields: Any) -> int:
        fields = {"account": 1, "lots": 1, "tif": TimeInForce.GTC, **words(name), **fields}
        return self.send(CommandKind.NEW, **{"instrument": 9, "side": side, "price": price, **fields})

    def elsewhere(self, name: str, side: int, price: int, **fields: Any) -> int:
        """An order of a group of its own, by an account and session that have none in the large book."""
        return self.new(name, side, price, **{"instrument": 1, "account": LONER, "session": LONER, **fields})


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
    }
    desk.send(CommandKind.CANCEL, account=1, **words("ice"))
    for slices in (1, 2, 4):
        ice = f"ice{slices}"
        desk.new(ice, Side.SELL, ASK - 1, lots=12, display_lots=2)
        found[f"{slices} slices"] = desk.new(f"slice{slices}", Side.BUY, ASK - 1, lots=2 * slices, account=2)
        assert desk.seen.count("RFR") == slices, desk.seen
        desk.send(CommandKind.CANCEL, account=1, **words(ice))
    for fills in (1, 2, 4, 8):
        lots = 2 * fills
        found[f"{fills} fills"] = desk.new(
            f"take{fills}", Side.SELL, BID - 2, lots=lots, tif=TimeInForce.IOC, account=3
        )
        assert sum(event.lots for event in desk.events if event.kind == 4) == 2 * lots, "as many lots as asked for"
    return found


def costs_elsewhere(orders: int) -> dict[str, int]:
    """What commands about a market of a few orders cost beside a book of so many."""
    desk, found = Desk(orders), {}

    def fill_up() -> None:
        for number in range(3):
            desk.elsewhere(f"d{number}", Side.BUY, 95, tif=TimeInForce.DAY)
            desk.elsewhere(f"g{number}", Side.SELL, 105)
            desk.elsewhere(f"s{number}", Side.BUY, 0, order_type=OrderType.STOP, trigger=110)
            desk.elsewhere(f"p{number}", Side.SELL, 130)  # parked
        for index in (1, 2):
            desk.send(
                CommandKind.QUOTE, account=LONER, instrument=index, bid_tick=96, bid_lots=1, ask_tick=104, ask_lots=1
            )

    fill_up()
    found["12 cancels by the disconnect of another session"] = desk.send(CommandKind.DISCONNECT, session=LONER)
    assert desk.seen == ["DSC"] + ["CXL"] * 12, desk.seen
    fill_up()
    found["12 cancels by the kill of another session"] = desk.send(
        CommandKind.KILL, scope=Scope.SESSION, killed_session=LONER
    )
    assert desk.seen == ["KIL"] + ["CXL"] * 12, desk.seen
    desk.send(CommandKind.UNKILL, scope=Scope.SESSION, killed_session=LONER)
    fill_up()
    desk.set_state(MarketState.PAUSED)
    desk.send(CommandKind.SET_STATE, group=1, market_state=MarketState.NOCANCEL, flags=CommandFlag.FORCE)
    desk.send(CommandKind.DISCONNECT, account=LONER, session=LONER)
    assert desk.seen == ["DSC"], desk.seen
    found["12 cancels that waited in another group"] = desk.set_state(MarketState.PREOPEN)
    assert desk.seen[:13] == ["STA"] + ["CXL"] * 12, desk.seen
    desk.set_state(MarketState.OPEN)
    fill_up()
    desk.elsewhere("far", Side.SELL, 110)
    desk.elsewhere("low print", Side.SELL, 96)
    desk.elsewhere("high print", Side.BUY, 104)
    found["6 fills and a breach in another group"] = desk.elsewhere("breach", Side.BUY, 112, lots=10)
    assert {"STA", "CXL"} <= set(desk.seen), desk.seen
    desk.set_state(MarketState.OPEN)
    found["3 expirations by the close of another group"] = desk.set_state(MarketState.CLOSED)
    assert desk.seen.count("CXL") >= 3, desk.seen
    return found


if __name__ == "__main__":
    few, many = ({**costs(orders), **costs_elsewhere(orders)} for orders in (FEW, MANY))
    print(json.dumps({name: [few[name], many[name]] for name in few}))
