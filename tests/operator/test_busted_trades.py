"""What a bust takes back, from events of a command."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.codes import CommandKind, EventFlag, EventKind, Side
from exchange.engine.control.house.bust import BustedFill, PaidBack
from exchange.engine.event_rows import Row
from exchange.errors import UserError
from exchange.operator.busted_trades import bust_of, find_trade
from exchange.reference.rows import Event
from exchange.venue.event_history import EventHistory
from tests.gateway.harness import Bench
from tests.market import MONTH, commodity, listing
from tests.venue.daily.test_life_keeper import trade
from tests.venues import Pair

STRIP, F27, G27 = 3, 1, 2


@pytest.fixture
def state() -> Any:
    from exchange.codes import ComboKind

    pair = Pair()
    months = {F27: [(MONTH, 744)], G27: [(MONTH + 1, 672)]}
    pair.control(CommandKind.LIST, {
        "commodities": [commodity(1, 1)],
        "instruments": [
            listing(F27, "F27", hours=744, months=months[F27]),
            listing(G27, "G27", hours=672, months=months[G27]),
            listing(STRIP, "F27:G27", combo=ComboKind.STRIP, legs=[(F27, 1), (G27, 1)], hours=1_416),
        ],
    })  # fmt: skip
    return pair.fast.engine.states[0]


def fill(trade_id: int, account: int, side: Side, tick: int, book: int = F27, fee: int = 0, flags: int = 0) -> Row:
    fields = {"trade_tick": tick, "fee_mills": fee, "instrument": book, "flags": flags, "lots": 2}
    return tuple(Event(kind=EventKind.FILL, trade_id=trade_id, account=account, side=side, **fields))


def leg(trade_id: int, account: int, side: Side, tick: int, book: int) -> Row:
    fields = {"trade_tick": tick, "instrument": book, "lots": 2}
    return tuple(Event(kind=EventKind.LEG_FILLED, trade_id=trade_id, account=account, side=side, **fields))


@pytest.mark.rule("SETTLE-014")
def test_one_trade_of_a_command_leaves_the_others(state: Any) -> None:
    other = tuple(Event(kind=EventKind.ORDER_ACCEPTED))
    rows = [other, fill(5, 1, Side.SELL, 100), fill(5, 2, Side.BUY, 100, fee=9), other]
    rows += [fill(6, 3, Side.SELL, 101), fill(6, 2, Side.BUY, 101, fee=9)]
    payload = bust_of(state, rows, 6)
    assert [one.trade_id for one in payload.trades] == [6] and payload.by_two
    assert payload.fills == [BustedFill(3, F27, -2, 101), BustedFill(2, F27, 2, 101)]
    assert payload.paid == [PaidBack(2, 9)]


@pytest.mark.rule("SETTLE-014", "CASCADE-006")
def test_a_strip_gives_its_legs_and_its_remainder_back(state: Any) -> None:
    rest = 110 * 1_416 - 109 * 744 - 111 * 672
    rows = [
        fill(5, 1, Side.SELL, 110, STRIP), leg(5, 1, Side.SELL, 109, F27), leg(5, 1, Side.SELL, 111, G27),
        fill(5, 2, Side.BUY, 110, STRIP), leg(5, 2, Side.BUY, 109, F27), leg(5, 2, Side.BUY, 111, G27),
    ]  # fmt: skip
    payload = bust_of(state, rows, 5)
    assert payload.fills[2:] == [BustedFill(2, F27, 2, 109), BustedFill(2, G27, 2, 111)]
    assert payload.paid == [PaidBack(1, 0, -2 * rest), PaidBack(2, 0, 2 * rest)]


@pytest.mark.rule("SETTLE-014", "IMP-007", "IMP-013")
@pytest.mark.parametrize("trade_id", [5, 6, 7])
def test_any_trade_of_an_implied_group_takes_the_whole_group_back(state: Any, trade_id: int) -> None:
    implied = int(EventFlag.IMPLIED)
    rows = [
        fill(4, 8, Side.SELL, 99), fill(4, 9, Side.BUY, 99),
        fill(5, 1, Side.SELL, 109, F27, 3, implied), fill(6, 2, Side.SELL, 111, G27, 4, implied),
        fill(7, 3, Side.BUY, 110, STRIP, 5, implied), leg(7, 3, Side.BUY, 109, F27), leg(7, 3, Side.BUY, 111, G27),
        fill(8, 8, Side.SELL, 99), fill(8, 9, Side.BUY, 99),
    ]  # fmt: skip
    payload = bust_of(state, rows, trade_id)
    assert [one.trade_id for one in payload.trades] == [5, 6, 7]
    assert {one.account for one in payload.fills} == {1, 2, 3} and len(payload.fills) == 4
    assert payload.paid == [PaidBack(1, 3), PaidBack(2, 4), PaidBack(3, 5)], "nothing remains beside the legs"


@pytest.mark.rule("SETTLE-014")
def test_a_trade_is_found_with_the_books_that_have_ended_since(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        trade(bench, 1, "H100.G90.H27", 4, bench.price)
        history: EventHistory = bench.venue.history
        rows, ended = find_trade(history, 1)
        assert len([row for row in rows if row[2] == EventKind.FILL]) == 2 and ended == frozenset()
        with pytest.raises(UserError, match="trade 2 is not among"):
            find_trade(history, 2)
        assert np.any([row[2] == EventKind.POSITION_CHANGED for row in rows])
