"""MARK: positions are valued at other prices within the day, and paid at noon."""

from typing import Any

import msgspec
import pytest

from exchange.codes import CommandKind, EventKind, MarketState, Side
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from tests.funded import F27, G27, HOURS, MARK, RICH, SPREAD, Funded

NOON = 20_800  # days since 1970


def mark(funded: Funded, **payload: Any) -> list[tuple[str, int, int]]:
    """A run; what it reports: kind, book or account, and mark or amount."""
    events = funded.pair.control(CommandKind.MARK, payload)
    funded.pair.compare_accounts()
    found = []
    for event in events:
        if event.kind == EventKind.MARKED:
            found.append(("MARKED", event.instrument, event.mark_tick))
        elif event.kind == EventKind.CASH_MOVED:
            found.append(("CASH", event.account, event.amount_mills))
        else:
            found.append(("POS", event.account, event.instrument))
    return found


def money(funded: Funded, account: int) -> tuple[int, int, int]:
    """Cash, equity, free funds."""
    row = query.margin(funded.pair.fast.engine.states, account)
    return row.cash_mills, row.equity_mills, row.free_margin_mills


@pytest.mark.rule("MARGIN-014", "MARGIN-015")
def test_a_mark_moves_equity_but_no_cash_and_only_losses_move_free_funds() -> None:
    funded = Funded()
    funded.account(1, 10**9)
    funded.trade(1, Side.BUY, 10, MARK)
    held = funded.held(1)
    funded.trade(RICH, Side.BUY, 1, MARK + 20)
    assert mark(funded) == [("MARKED", F27, MARK + 20)]
    gain = 20 * 10 * HOURS[F27]
    assert money(funded, 1) == (10**9, 10**9 + gain, 10**9 - held), "a gain is no fund before it is paid"
    funded.trade(RICH, Side.BUY, 1, MARK - 30)
    assert mark(funded) == [("MARKED", F27, MARK - 30)]
    loss = 30 * 10 * HOURS[F27]
    assert money(funded, 1) == (10**9, 10**9 - loss, 10**9 - loss - held)
    row = query.instruments(funded.pair.fast.engine.states)[0]
    assert (row.settle_tick, row.low_tick, row.high_tick) == (MARK, 2_248, 3_372), "settlement and limits stay"


@pytest.mark.rule("MARGIN-014")
def test_a_book_that_has_printed_too_little_keeps_its_mark_until_noon() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 3, MARK + 5)
    funded.new(1, Side.BUY, 1, MARK + 7, G27)
    assert mark(funded, min_lots=4) == []
    assert mark(funded, min_lots=3) == [("MARKED", F27, MARK + 5)]
    funded.new(1, Side.BUY, 1, MARK + 8)
    assert mark(funded) == [("MARKED", F27, MARK + 8)], "raised to the bid"
    found = mark(funded, pays=True, day=NOON)
    assert found[0] == ("MARKED", G27, MARK + 7), "only quoted"


@pytest.mark.rule("MARGIN-014")
def test_a_new_day_forgets_what_was_printed_and_a_closed_book_is_not_marked() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 3, MARK + 5)
    funded.states(MarketState.CLOSED)
    assert mark(funded) == [] == mark(funded, pays=True, day=NOON)[:0]
    funded.states(MarketState.PREOPEN, MarketState.OPEN)
    assert mark(funded) == []


@pytest.mark.rule("MARGIN-013", "SPEC-053")
def test_a_combination_follows_its_legs_and_the_loss_of_its_orders_with_it() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.new(1, Side.BUY, 5, 40, SPREAD)
    funded.new(1, Side.BUY, 5, MARK + 50)
    before = funded.held(1)
    funded.trade(RICH, Side.BUY, 1, MARK + 70, G27)
    mark(funded)
    marks = funded.pair.fast.engine.states[0].books["mark_tick"]
    assert (marks[F27], marks[G27], marks[SPREAD]) == (MARK, MARK + 70, -70)
    assert funded.held(1) - before >= 70 * 5 * HOURS[F27], "the spread's order can lose that much more"


@pytest.mark.rule("SETTLE-007", "SETTLE-012")
def test_noon_pays_what_positions_have_gained_and_the_evening_only_what_is_left() -> None:
    """V2 in one day: 36 mills up to noon, 17 down to the close."""
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 25, MARK)
    funded.trade(RICH, Side.BUY, 1, MARK + 36)
    found = mark(funded, pays=True, day=NOON)
    assert found == [
        ("MARKED", F27, MARK + 36),
        ("CASH", 1, 669_600), ("POS", 1, F27),
        ("CASH", RICH, -669_600), ("POS", RICH, F27),
    ]  # fmt: skip
    assert money(funded, 1)[0] - 10**12 == 669_600
    funded.settle(MARK + 19, F27)
    assert money(funded, 1)[0] - 10**12 == 353_400


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"min_lots": 0}, r"mark: min_lots 0 not in 1\.\."),
        ({"pays": True}, r"mark: day 0 not in 1\.\."),
        ({"day": 5}, r"mark: day 5 not in 0\.\.0"),
        ({"pays": True, "day": NOON}, f"mark: day {NOON} is not after day {NOON}, whose noon is paid"),
        ({"pays": True, "day": NOON - 1}, "is not after day"),
    ],
)
def test_a_run_that_cannot_be_is_refused_and_nothing_changes(payload: dict[str, Any], why: str) -> None:
    funded = Funded()
    mark(funded, pays=True, day=NOON)
    engine = funded.pair.fast.engine
    before = engine.state_hash()
    with pytest.raises(ControlError, match=why):
        engine.check_control(CommandKind.MARK, msgspec.json.encode(payload))
    assert engine.state_hash() == before
