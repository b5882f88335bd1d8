"""After a command each implied price that has changed is published, and no other (IMP-005, IMP-011)."""

import pytest

from exchange.codes import CommandKind, EventKind, Side
from exchange.conformance.market import BOOK_NAMES
from exchange.engine import query
from tests.played import Played, play

LEGS = "f M1 S3@103; k M2 B5@99"


def published(market: Played, kind: CommandKind, **fields: int) -> list[tuple[str, str, int, int]]:
    """(book, side, tick, lots) of each IMP of one more command."""
    implied = (event for event in market.send(kind, **fields) if event.kind == EventKind.IMPLIED_PRICE)
    return [(BOOK_NAMES[one.instrument], Side(one.side).name, one.implied_tick, one.implied_lots) for one in implied]


@pytest.mark.rule("IMP-011")
def test_a_combination_s_price_appears_with_its_last_leg_and_goes_with_it() -> None:
    market = play("-", "f M1 S3@103", "imp=1")
    bid = {"instrument": 2, "side": Side.BUY, "price": 99, "lots": 5, "tif": 1}
    assert ("SP", "SELL", 4, 3) in published(market, CommandKind.NEW, **bid)
    assert query.implied(market.engine.states, 3)[1] == (4, 3)
    order_id = query.open_orders(market.engine.states, 1)[-1].order_id
    gone = published(market, CommandKind.CANCEL, order_id=order_id)
    assert ("SP", "SELL") in {(book, side) for book, side, _, lots in gone if lots == 0}


@pytest.mark.rule("IMP-011")
def test_a_change_that_shows_nowhere_publishes_nothing() -> None:
    market = play("-", LEGS, "imp=1")
    behind = {"instrument": 1, "side": Side.SELL, "price": 110, "lots": 1, "tif": 1}
    assert not published(market, CommandKind.NEW, **behind)


@pytest.mark.rule("IMP-005")
def test_no_implied_price_is_shown_that_locks_a_real_one() -> None:
    free = play("-", LEGS, "imp=1")
    locked = play("SS open SP", f"SS paused SP; r SP B1@4; {LEGS}", "imp=1")
    assert query.implied(free.engine.states, 3)[1] == (4, 3)
    assert locked.text == "STA open" and query.implied(locked.engine.states, 3)[1] is None
