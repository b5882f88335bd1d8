"""What is paid in and out: up to the bound of all money (SPEC-004), and up to what is free (MARGIN-015)."""

import pytest

from exchange.codes import CommandKind, EventKind
from exchange.units import MONEY_MAX
from tests.funded import Funded


@pytest.fixture
def market() -> Funded:
    return Funded()


@pytest.mark.rule("SPEC-004")
def test_a_venue_takes_so_much_money_and_not_a_mill_more(market: Funded) -> None:
    """9,400 deposits of 10^15 mills once made an account's cash negative, and the books still balanced."""
    taken = 10**15  # RICH's
    refusals = 0
    for number in range(2, 9):
        market.account(number)
        for _ in range(1_343):
            (told,) = market.events(CommandKind.DEPOSIT, account=number, amount_mills=10**15)
            if told.kind == EventKind.CASH_MOVED:
                taken += 10**15
            else:
                refusals += 1
                assert (told.amount_mills, told.value_tick_lots) == (10**15, MONEY_MAX - taken)
    assert taken == MONEY_MAX and refusals == 9_401 - 999
    assert market.row(CommandKind.DEPOSIT, account=2, amount_mills=1) == ["REFUSED FULL"]
    market.pair.compare_accounts()
    market.pair.reference.clearing.check()


@pytest.mark.rule("SPEC-004")
@pytest.mark.parametrize("mills", [2**63 - 1, 2**62, MONEY_MAX, 0, -1, -(2**63)])
def test_amounts_beyond_all_money_are_refused_both_ways(market: Funded, mills: int) -> None:
    market.account(1, 5)
    low = "REFUSED BAD_QTY"
    assert market.row(CommandKind.DEPOSIT, account=1, amount_mills=mills) == [low if mills < 1 else "REFUSED FULL"]
    assert market.row(CommandKind.WITHDRAW, account=1, amount_mills=mills) == [low if mills < 1 else "REFUSED RISK"]
    assert market.free(1) == 5
