"""Free funds: cash, less what positions have lost, less the hold; gains count once they are paid (MARGIN-015). And how
much money a venue takes at all (SPEC-004)."""

import pytest

from exchange.codes import CommandKind, EventKind, Side, TimeInForce
from exchange.units import MONEY_MAX
from tests.funded import F27, G27, HIGH, LOW, MARK, RICH, Funded


@pytest.fixture
def market() -> Funded:
    return Funded()


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
    assert market.row(CommandKind.WITHDRAW, account=1, price=1_681) == ["REFUSED RISK"]
    assert market.row(CommandKind.WITHDRAW, account=1, price=1_680) == ["CASH"]


@pytest.mark.rule("MARGIN-015")
def test_a_fill_s_gain_against_the_mark_is_no_funds(market: Funded) -> None:
    market.account(1, 2_976_000)
    market.trade(1, Side.BUY, 9, LOW)
    assert market.free(1) == 400 * 744, "the price of one lot more"
    assert market.row(CommandKind.WITHDRAW, account=1, price=400 * 744 + 1) == ["REFUSED RISK"]
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
    (cash,) = market.events(CommandKind.WITHDRAW, account=1, price=1_000)
    assert market.free(1) == cash.value_tick_lots - cash.order_id - cash.reference


@pytest.mark.rule("MARGIN-015")
def test_a_refusal_tells_the_funds_that_the_check_has_seen(market: Funded) -> None:
    market.account(1, 2_976_000)
    market.trade(1, Side.BUY, 9, LOW)
    terms = {"instrument": F27, "side": Side.BUY, "lots": 2, "price": MARK, "tif": TimeInForce.GTC}
    (told,) = market.events(CommandKind.NEW, account=1, **terms)
    assert (told.amount_mills, told.value_tick_lots) == (2 * 400 * 744, market.free(1))
    (told,) = market.events(CommandKind.WITHDRAW, account=1, price=10**6)
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


@pytest.mark.rule("SPEC-004")
def test_a_venue_takes_so_much_money_and_not_a_mill_more(market: Funded) -> None:
    """9,400 deposits of 10^15 mills once made an account's cash negative, and the books still balanced."""
    taken = 10**15  # RICH's
    refusals = 0
    for number in range(2, 9):
        market.account(number)
        for _ in range(1_343):
            (told,) = market.events(CommandKind.DEPOSIT, account=number, price=10**15)
            if told.kind == EventKind.CASH_MOVED:
                taken += 10**15
            else:
                refusals += 1
                assert (told.amount_mills, told.value_tick_lots) == (10**15, MONEY_MAX - taken)
    assert taken == MONEY_MAX and refusals == 9_401 - 999
    assert market.row(CommandKind.DEPOSIT, account=2, price=1) == ["REFUSED FULL"]
    market.pair.compare_accounts()
    market.pair.reference.clearing.check()


@pytest.mark.rule("SPEC-004")
@pytest.mark.parametrize("mills", [2**63 - 1, 2**62, MONEY_MAX, 0, -1, -(2**63)])
def test_amounts_beyond_all_money_are_refused_both_ways(market: Funded, mills: int) -> None:
    market.account(1, 5)
    low = "REFUSED BAD_QTY"
    assert market.row(CommandKind.DEPOSIT, account=1, price=mills) == [low if mills < 1 else "REFUSED FULL"]
    assert market.row(CommandKind.WITHDRAW, account=1, price=mills) == [low if mills < 1 else "REFUSED RISK"]
    assert market.free(1) == 5


def test_the_window_of_the_tests_is_that_of_the_launch() -> None:
    assert (LOW, HIGH) == (MARK * 8 // 10, MARK * 12 // 10)
