"""Checks before an order works: free funds are cash, less what positions have lost, less the margin held; gains count
once they are paid (MARGIN-015). An order that only closes passes whatever the funds (MARGIN-016), on every way into the
book."""

from typing import Any

import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, OrderType, PostOnly, Side, TimeInForce
from exchange.conformance.venues import rows
from exchange.reference.rows import Command
from tests.funded import F27, G27, HIGH, LOW, MARK, RICH, SPREAD, TERM, Funded


@pytest.fixture
def market() -> Funded:
    return Funded()


@pytest.fixture
def broke() -> Funded:
    """Account 1 is long ten lots of F27 and has lost more than all its money."""
    market = Funded()
    market.account(1, 2_976_000)
    market.trade(1, Side.BUY, 10, MARK)
    market.settle(MARK - 500, F27, G27)
    assert market.free(1) == -500 * 744 * 10
    return market


@pytest.mark.rule("MARGIN-013")
def test_an_order_may_hold_all_the_funds_and_not_a_mill_more(market: Funded) -> None:
    """Scenario M8 of the clearing house."""
    for number, mills in ((1, 2_976_000), (2, 2_975_999), (3, 2_983_440)):
        market.account(number, mills)
    assert market.new(1, Side.BUY, 10, MARK) == "ACK"
    assert market.new(2, Side.BUY, 10, MARK) == "REJ RISK"
    assert market.new(3, Side.BUY, 10, MARK + 2) == "REJ RISK"
    assert market.new(3, Side.BUY, 10, MARK + 1) == "ACK"
    assert market.new(1, Side.BUY, 1, 2_700) == "REJ RISK"


@pytest.mark.rule("MARGIN-015")
def test_a_fill_s_loss_against_the_mark_counts_at_once(market: Funded) -> None:
    """Scenario M14 of the clearing house."""
    market.account(1, 3_000_000)
    market.trade(1, Side.BUY, 10, MARK + 3)
    assert market.free(1) == 1_680
    assert market.row(CommandKind.WITHDRAW, account=1, amount_mills=1_681) == ["REFUSED RISK"]
    assert market.row(CommandKind.WITHDRAW, account=1, amount_mills=1_680) == ["CASH"]


@pytest.mark.rule("MARGIN-015")
def test_a_fill_s_gain_against_the_mark_is_no_funds(market: Funded) -> None:
    market.account(1, 2_976_000)
    market.trade(1, Side.BUY, 9, LOW)
    assert market.free(1) == 400 * 744, "the price of one lot more"
    assert market.row(CommandKind.WITHDRAW, account=1, amount_mills=400 * 744 + 1) == ["REFUSED RISK"]
    assert market.new(1, Side.BUY, 2, LOW) == "REJ RISK"
    market.trade(1, Side.BUY, 1, LOW)
    assert market.new(1, Side.BUY, 1, LOW) == "REJ RISK"


@pytest.mark.rule("MARGIN-015")
def test_gains_make_up_for_losses_of_other_positions_and_no_more(market: Funded) -> None:
    market.account(1, 10**9)
    market.trade(1, Side.BUY, 1, MARK + 10, G27)
    assert market.free(1) == 10**9 - 10 * 672 - market.held(1)
    market.trade(1, Side.BUY, 1, MARK - 5, F27)
    assert market.free(1) == 10**9 - 10 * 672 + 5 * 744 - market.held(1)
    market.trade(1, Side.BUY, 1, MARK - 100, F27)
    assert market.free(1) == 10**9 - market.held(1)


@pytest.mark.rule("MARGIN-015", "ACCT-001")
def test_what_is_told_of_a_trade_and_of_money_says_what_is_no_funds(market: Funded) -> None:
    market.account(1, 10**9)
    assert market.new(RICH, Side.SELL, 2, LOW) == "ACK"
    terms = {"instrument": F27, "side": Side.BUY, "lots": 2, "price": LOW, "tif": TimeInForce.IOC}
    told = market.events(CommandKind.NEW, account=1, **terms)
    (position,) = (event for event in told if event.kind == EventKind.POSITION_CHANGED and event.account == 1)
    gain = (MARK - LOW) * 744 * 2
    assert (position.amount_mills, position.order_id) == (10**9 + gain, gain)
    assert market.free(1) == position.amount_mills - position.order_id - position.reference
    (cash,) = market.events(CommandKind.WITHDRAW, account=1, amount_mills=1_000)
    assert market.free(1) == cash.value_tick_lots - cash.order_id - cash.reference


@pytest.mark.rule("MARGIN-015")
def test_a_refusal_tells_the_funds_that_the_check_has_seen(market: Funded) -> None:
    market.account(1, 2_976_000)
    market.trade(1, Side.BUY, 9, LOW)
    terms = {"instrument": F27, "side": Side.BUY, "lots": 2, "price": MARK, "tif": TimeInForce.GTC}
    (told,) = market.events(CommandKind.NEW, account=1, **terms)
    assert (told.amount_mills, told.value_tick_lots) == (2 * 400 * 744, market.free(1))
    (told,) = market.events(CommandKind.WITHDRAW, account=1, amount_mills=10**6)
    assert (told.amount_mills, told.value_tick_lots) == (10**6, market.free(1))


@pytest.mark.rule("MARGIN-015")
@pytest.mark.rule("MARGIN-013")
def test_an_account_never_holds_more_than_it_has_paid_in_however_far_the_market_falls(market: Funded) -> None:
    """In a market that falls every purchase is a gain against yesterday's mark."""
    market.account(1, 10**6)
    for price in range(MARK, LOW, -20):
        while market.new(1, Side.BUY, 1, price, tif=TimeInForce.GTC) == "ACK":
            assert market.new(RICH, Side.SELL, 1, price) == "ACK"
        assert market.held(1) <= 10**6
    assert market.lots(1) == 3


@pytest.mark.rule("MARGIN-016")
def test_the_first_day_of_use() -> None:
    """$3,000 buy ten lots, and one of them cannot be sold: what an account may never meet."""
    market = Funded(taker_fee=2)
    market.account(1, 3_000_000)
    market.trade(1, Side.BUY, 10, MARK)
    assert market.free(1) == 9_120
    market.trade(1, Side.SELL, 1, MARK)
    assert market.lots(1) == 9


@pytest.mark.rule("MARGIN-016")
def test_a_position_is_closed_by_several_orders_and_no_lot_more() -> None:
    """Scenario M12 of the clearing house. The one lot more loses five ticks, and there are no funds for that."""
    market = Funded()
    market.account(1, 2_976_000)
    market.trade(1, Side.BUY, 10, MARK)
    assert market.new(1, Side.SELL, 1, 2_900, client_order_id_0=7) == "ACK"
    assert market.new(1, Side.SELL, 9, MARK - 5) == "ACK"
    assert market.new(1, Side.SELL, 1, MARK - 5) == "REJ RISK"
    assert market.new(1, Side.BUY, 1, 2_700) == "REJ RISK"
    assert market.row(CommandKind.CANCEL, account=1, client_order_id_0=7) == ["CXL"]
    assert market.new(1, Side.SELL, 1, MARK) == "ACK"


@pytest.mark.rule("MARGIN-016")
def test_closing_one_leg_of_a_hedge_raises_the_hold_and_its_return_needs_funds() -> None:
    """The other leg is margined alone then; MARGIN-016 lets the close pass even so, and nothing that opens after it."""
    market = Funded()
    market.account(1, 5_000_000)
    market.trade(1, Side.BUY, 20, 0, SPREAD)
    hedged, free = market.held(1), market.free(1)
    assert market.row(CommandKind.WITHDRAW, account=1, amount_mills=free) == ["CASH"] and market.free(1) == 0
    market.trade(1, Side.SELL, market.lots(1), MARK)
    assert market.lots(1) == 0 and market.held(1) > 2 * hedged
    assert market.free(1) == hedged - market.held(1) < 0
    assert market.new(1, Side.BUY, 20, MARK) == "REJ RISK"


WAYS: list[dict[str, Any]] = [
    {},
    {"tif": TimeInForce.DAY},
    {"tif": TimeInForce.GTD, "expiry_ns": 10**18},
    {"tif": TimeInForce.IOC},
    {"tif": TimeInForce.FOK},
    {"order_type": OrderType.MARKET, "tif": TimeInForce.IOC},
    {"order_type": OrderType.MARKET_TO_LIMIT},
    {"post_only": PostOnly.SLIDE},
    {"display_lots": 1},
    {"order_type": OrderType.STOP, "trigger": MARK - 600},
    {"order_type": OrderType.STOP_LIMIT, "trigger": MARK - 600},
    {"minimum_lots": 2, "tif": TimeInForce.IOC},
]


@pytest.mark.rule("MARGIN-016")
@pytest.mark.parametrize("way", WAYS, ids=[" ".join(way) or "limit" for way in WAYS])
def test_every_kind_of_order_may_close(broke: Funded, way: dict[str, Any]) -> None:
    """One lot more than it may close is refused for want of funds, whatever its kind."""
    price = MARK - 550
    assert broke.new(RICH, Side.BUY, 20, price) == "ACK"
    assert broke.new(1, Side.SELL, 11, price, **way) == "REJ RISK"
    assert broke.new(1, Side.SELL, 10, price, **way) == "ACK"
    broke.pair.compare_accounts()


@pytest.mark.rule("MARGIN-016")
@pytest.mark.rule("ENTRY-013")
def test_a_batch_is_told_the_same_before_it_runs(broke: Funded) -> None:
    def refusal(lots: int) -> Any:
        terms = {"instrument": F27, "side": Side.SELL, "lots": lots, "price": MARK - 600, "tif": TimeInForce.GTC}
        return broke.pair.fast.engine.first_refusal(rows([Command(kind=CommandKind.NEW, account=1, **terms)]))

    assert refusal(10) is None and refusal(11) is not None


@pytest.mark.rule("MARGIN-016")
@pytest.mark.rule("REPL-004")
def test_a_replace_that_leaves_only_closing_lots_passes(broke: Funded) -> None:
    assert broke.new(1, Side.SELL, 6, MARK, client_order_id_0=7) == "ACK"
    assert broke.new(1, Side.SELL, 2, MARK, client_order_id_0=8) == "ACK"

    def replace(lots: int, price: int) -> str:
        return broke.row(CommandKind.REPLACE, account=1, client_order_id_0=7, lots=lots, price=price)[0]

    assert replace(9, MARK) == "RREJ RISK", "with the other two they would be eleven"
    assert replace(8, MARK) == "RPL"
    assert replace(8, MARK - 600) == "RPL", "a worse price costs more, and closes all the same"
    assert replace(3, MARK - 550) == "RPL"


@pytest.mark.rule("MARGIN-016")
@pytest.mark.rule("REPL-007")
def test_a_stop_that_waits_may_be_moved_as_long_as_it_only_closes(broke: Funded) -> None:
    terms = {"order_type": OrderType.STOP_LIMIT, "trigger": MARK - 600, "client_order_id_0": 7}
    assert broke.new(1, Side.SELL, 9, MARK - 600, **terms) == "ACK"

    def replace(lots: int) -> str:
        moved = {"price": MARK - 700, "trigger": MARK - 650, "flags": int(CommandFlag.SET_TRIGGER)}
        return broke.row(CommandKind.REPLACE, account=1, client_order_id_0=7, lots=lots, **moved)[0]

    assert replace(11) == "RREJ RISK"
    assert replace(10) == "RPL"


@pytest.mark.rule("MARGIN-016")
@pytest.mark.rule("QUOTE-002")
def test_a_quote_passes_if_each_side_that_enters_only_closes(broke: Funded) -> None:
    def quote(bid: int, ask: int, ask_price: int = MARK) -> str:
        sides = {"price": MARK - 700, "lots": bid, "trigger": ask_price, "minimum_lots": ask}
        return broke.row(CommandKind.QUOTE, account=1, instrument=F27, **sides)[0]

    assert quote(1, 5) == "REJ RISK", "the bid opens"
    assert quote(0, 11) == "REJ RISK"
    assert quote(0, 10) == "ACK"
    assert quote(0, 10, MARK - 600) == "RPL"
    assert broke.new(1, Side.SELL, 1, MARK) == "REJ RISK", "the quote closes all that there is"


@pytest.mark.rule("MARGIN-016")
def test_another_instrument_is_not_the_position_that_closes(broke: Funded) -> None:
    """Though its hours would net in the scan."""
    assert broke.new(1, Side.SELL, 1, MARK - 500, G27) == "REJ RISK"


@pytest.mark.rule("MARGIN-016")
def test_a_combination_only_closes_if_each_leg_does(broke: Funded) -> None:
    assert broke.new(1, Side.SELL, 1, 0, SPREAD) == "REJ RISK", "it would open G27"
    broke.account(1, 10**10)
    broke.trade(1, Side.SELL, 4, MARK - 500, G27)
    assert broke.row(CommandKind.WITHDRAW, account=1, amount_mills=broke.free(1)) == ["CASH"]
    assert broke.new(1, Side.SELL, 5, 0, SPREAD) == "REJ RISK"
    assert broke.new(1, Side.SELL, 4, 0, SPREAD) == "ACK"
    assert broke.new(1, Side.SELL, 7, MARK, F27) == "REJ RISK", "six are left beside the legs that work"
    assert broke.new(1, Side.SELL, 6, MARK, F27) == "ACK"
    assert broke.new(1, Side.BUY, 1, MARK - 500, G27) == "REJ RISK", "nothing is left there"


@pytest.mark.rule("MARGIN-016")
@pytest.mark.rule("MARGIN-012")
def test_a_close_only_account_closes_whatever_its_funds(broke: Funded) -> None:
    broke.account(1, closeonly=True)
    assert broke.new(1, Side.SELL, 11, LOW) == "REJ CLOSE_ONLY"
    assert broke.new(1, Side.BUY, 1, LOW) == "REJ CLOSE_ONLY"
    assert broke.new(1, Side.SELL, 10, LOW) == "ACK"


@pytest.mark.rule("MARGIN-016")
@pytest.mark.rule("LIMIT-004")
def test_a_term_is_closed_under_a_limit_that_was_lowered() -> None:
    market = Funded()
    market.account(1, 10**10, maxterm=10)
    market.trade(1, Side.BUY, 10, MARK, TERM)
    market.account(1, maxterm=5)
    assert market.new(1, Side.BUY, 1, MARK, TERM) == "REJ POSITION"
    assert market.new(1, Side.SELL, 11, MARK, TERM) == "REJ POSITION"
    assert market.new(1, Side.SELL, 4, HIGH, TERM) == "ACK"
    market.trade(1, Side.SELL, 6, LOW, TERM)
    assert market.lots(1, TERM) == 4


@pytest.mark.rule("MARGIN-016")
def test_what_closes_is_held_for_and_leaves_less_for_all_else(broke: Funded) -> None:
    before = broke.free(1)
    assert broke.new(1, Side.SELL, 10, MARK - 600) == "ACK"
    assert broke.free(1) <= before - 100 * 744 * 10, "a hundred ticks below the mark"
    assert broke.row(CommandKind.WITHDRAW, account=1, amount_mills=1) == ["REFUSED RISK"]


@pytest.mark.rule("MARGIN-016")
def test_an_uncross_closes_too(broke: Funded) -> None:
    broke.states(MarketState.PAUSED)
    assert broke.new(1, Side.SELL, 10, MARK - 550) == "ACK"
    assert broke.new(RICH, Side.BUY, 10, MARK - 550) == "ACK"
    broke.states(MarketState.OPEN)
    assert broke.lots(1) == 0


def test_the_window_of_the_tests_is_that_of_the_launch() -> None:
    assert (LOW, HIGH) == (MARK * 8 // 10, MARK * 12 // 10)
