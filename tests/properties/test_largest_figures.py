"""The largest price, lots and term at once: nothing overflows, engine and reference agree, the ledger is zero
(SPEC-004)."""

import pytest

from exchange.codes import CommandKind, Side
from exchange.engine import query
from exchange.engine.calls.requirement import margin_parts, required_mills
from exchange.limits import VENUE
from exchange.units import CHARGE_MILLS_MAX, MONEY_MAX, ORDER_LOTS_MAX, POSITION_LOTS_MAX, PRICE_MAX
from tests.market import MONTH
from tests.properties.parents import PARENT, Family

HOURS = 43_824  # of T5-27
MILLS = MONEY_MAX // 3
LONGEST_LOSS = (PRICE_MAX - 1) * HOURS * POSITION_LOTS_MAX  # 4.4e15 mills
RATES = (PRICE_MAX, CHARGE_MILLS_MAX, CHARGE_MILLS_MAX)
BLOCK = {"lots_min": 5, "made_ns": 0, "now_ns": 0, "report_ns": 1, "fee_mills": 0}
LONG, SHORT = 1, 2


@pytest.fixture
def market() -> Family:
    """LONG has bought the most lots of the five-year term from SHORT at the highest price, most of them as a block."""
    market = Family("T5", RATES, MILLS, VENUE, low_tick=1, high_tick=PRICE_MAX, settle_tick=PRICE_MAX)
    terms = {"instrument": PARENT, "lots": POSITION_LOTS_MAX - 2 * ORDER_LOTS_MAX, "tick": PRICE_MAX}
    market.pair.control(CommandKind.BLOCK, {**terms, "buyer": LONG, "seller": SHORT, **BLOCK})
    for _ in range(2):
        market.deal(LONG, SHORT, ORDER_LOTS_MAX, PRICE_MAX)
    assert market.held(LONG, PARENT) == (POSITION_LOTS_MAX, POSITION_LOTS_MAX * PRICE_MAX)
    return market


def gained(market: Family, account: int) -> int:
    market.compare()
    return market.cash()[account] - MILLS


@pytest.mark.rule("SPEC-004", "CONFIG-005", "MARGIN-003", "MARGIN-013")
def test_margin_of_the_largest_position_is_exact_and_one_lot_more_is_refused(market: Family) -> None:
    state = market.pair.fast.engine.states[0]
    addon = {"addon": [[1, MONTH]], "addon_bp": 10_000}
    market.pair.control(CommandKind.MARGIN, addon)
    scan = PRICE_MAX * HOURS * POSITION_LOTS_MAX
    near = PRICE_MAX * 744 * POSITION_LOTS_MAX  # the add-on on the first month, for who is short
    assert (int(required_mills(state)[LONG]), int(required_mills(state)[SHORT])) == (scan, scan + near)
    assert margin_parts(state, LONG, [(PARENT + 1, -POSITION_LOTS_MAX)]).scan == scan // HOURS * (HOURS - 8_760)
    for account, side in ((LONG, Side.BUY), (SHORT, Side.SELL)):
        assert market.new(account, side, 1, PRICE_MAX) == "REJ POSITION"
        # Working orders of the other side, as many as there may be, at the price that loses most.
        for _ in range(5):
            assert market.new(account, Side(1 - side), ORDER_LOTS_MAX, 1 if account == SHORT else PRICE_MAX) == "ACK"
    market.compare()
    assert query.margin(market.pair.fast.engine.states, LONG).initial_mills >= scan


@pytest.mark.rule("SPEC-004", "MARGIN-014", "SETTLE-007", "INV-018")
def test_marks_and_variation_from_the_highest_price_to_the_lowest_and_back(market: Family) -> None:
    market.deal(SHORT, LONG, 1, 1)  # both close a lot at the lowest price
    market.mark()
    margin = query.margin(market.pair.fast.engine.states, LONG)
    assert margin.equity_mills == MILLS - LONGEST_LOSS
    assert gained(market, LONG) == 0
    market.mark(pays=True)
    assert gained(market, LONG) == -LONGEST_LOSS
    assert gained(market, SHORT) == LONGEST_LOSS
    market.close_at(dict.fromkeys(market.hours, PRICE_MAX), 1, PRICE_MAX)
    # One lot fewer gains what the others have lost.
    assert gained(market, LONG) == -(PRICE_MAX - 1) * HOURS
    market.reopen()
    market.mark(pays=True)
    assert gained(market, SHORT) == (PRICE_MAX - 1) * HOURS


@pytest.mark.rule("SPEC-004", "CASCADE-002", "CASCADE-004", "FEE-001", "INV-018")
def test_cascade_and_expiry_of_the_largest_position(market: Family) -> None:
    prices = dict.fromkeys(market.children, 1) | {PARENT: PRICE_MAX}
    market.close_at(prices, 1, PRICE_MAX)
    assert gained(market, LONG) == 0
    market.cascade()
    assert gained(market, LONG) == 0
    assert {market.held(LONG, year) for year in market.children} == {(POSITION_LOTS_MAX, POSITION_LOTS_MAX * PRICE_MAX)}
    market.close_at(dict.fromkeys(market.children, 1), 1, PRICE_MAX)
    assert gained(market, LONG) == -LONGEST_LOSS
    market.expire(*market.children, fee_mills=CHARGE_MILLS_MAX)
    fee = CHARGE_MILLS_MAX * HOURS * POSITION_LOTS_MAX
    assert (gained(market, LONG), gained(market, SHORT)) == (-LONGEST_LOSS - fee, LONGEST_LOSS - fee)
    assert {market.held(account, year) for account in (LONG, SHORT) for year in market.children} == {(0, 0)}
