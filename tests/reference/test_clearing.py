"""Positions, cash, fees, initial margin and limits, computed from scratch."""

from typing import Any

import pytest

from exchange.clearing_codes import HouseAccount
from exchange.codes import Liquidity, Side
from exchange.conformance.market import BOOKS, commodity, scenario_listing
from exchange.reference.book import Order
from exchange.reference.clearing import Account, Clearing, Position
from tests.reference.scenario import order

M1, M2, SP, ST, M3, TS = BOOKS.values()


def listed(**parameters: int) -> Clearing:
    clearing = Clearing()
    assert clearing.list_payload(scenario_listing(parameters)) == list(BOOKS.values())
    for number in (1, 2):
        clearing.accounts[number] = Account(number, 100, 100, 10, False, cash_mills=1_000)
    return clearing


def working(index: int, side: int, price: int, lots: int) -> Order:
    one = order(1, side, price, lots)
    one.instrument = index
    return one


def hold(clearing: Clearing, number: int, *position: tuple[int, int], price: int = 100) -> Account:
    account = clearing.accounts[number]
    for index, lots in position:
        account.positions[index] = Position(lots, price * lots)
    return account


@pytest.mark.rule("SETTLE-007", "MARGIN-015")
def test_equity_counts_gains_and_losses_funds_only_losses() -> None:
    clearing = listed()
    gains = hold(clearing, 1, (M1, 3), price=90)
    assert (clearing.equity_mills(gains), clearing.funds_mills(gains)) == (1_030, 1_000)
    loses = hold(clearing, 2, (M1, 3), price=110)
    assert (clearing.equity_mills(loses), clearing.funds_mills(loses)) == (970, 970)


@pytest.mark.rule("MARGIN-002", "MARGIN-003")
def test_the_scan_charge_is_net_over_all_months() -> None:
    clearing = listed(psr=10)
    account = hold(clearing, 1, (M1, 5), (M2, -3))
    assert clearing.initial_margin_mills(account, []) == 2 * 10


@pytest.mark.rule("MARGIN-005", "MARGIN-006")
def test_hours_held_against_each_other_pay_the_intra_charge() -> None:
    clearing = listed(psr=10, intra=4)
    account = hold(clearing, 1, (M1, 5), (M2, -3))
    assert clearing.initial_margin_mills(account, []) == 2 * 10 + 3 * 4


@pytest.mark.rule("MARGIN-013")
def test_orders_on_both_sides_of_one_book_never_match_each_other_and_pay_no_charge() -> None:
    clearing = listed(psr=10, intra=4)
    account = clearing.accounts[1]
    both = [working(M1, Side.BUY, 90, 4), working(M1, Side.SELL, 110, 3)]
    assert clearing.initial_margin_mills(account, both) == 4 * 10
    months = [working(M1, Side.BUY, 90, 4), working(M2, Side.SELL, 110, 3)]
    assert clearing.initial_margin_mills(account, months) == 4 * 10 + (4 + 3 - 4) * 4 // 2


@pytest.mark.rule("MARGIN-013")
def test_a_working_order_holds_scan_loss_and_fee() -> None:
    clearing = listed(psr=10, fee=1)
    account = clearing.accounts[1]
    above = working(M1, Side.BUY, 103, 4)
    assert clearing.initial_margin_mills(account, [above]) == 4 * (10 + 3 + 2)
    below = working(M1, Side.BUY, 90, 4)
    assert clearing.initial_margin_mills(account, [below]) == 4 * (10 + 2)
    both = [above, working(M1, Side.SELL, 100, 4)]
    assert clearing.initial_margin_mills(account, both) == 4 * 10 + 4 * (3 + 2) + 4 * 2, "only one side can fill alone"


@pytest.mark.rule("SPEC-041", "IMP-010")
def test_a_trade_of_a_spread_books_its_legs() -> None:
    clearing = listed(limit=20)
    spread = clearing.instruments[SP]
    prices, residual = clearing.leg_prices(spread, 4, {M1: None, M2: 97})
    assert (prices, residual) == ([101, 97], 0)
    prices, _ = clearing.leg_prices(spread, 30, {M1: None, M2: 100})
    assert prices == [120, 90], "both legs move to the daily limit"
    clearing.book_fill(order(1, Side.BUY, 4, 2), spread, 2, [101, 97])
    positions = clearing.accounts[1].positions
    assert positions == {M1: Position(2, 202), M2: Position(-2, -194)}


@pytest.mark.rule("SPEC-041")
def test_a_trade_of_a_strip_leaves_a_residual_that_the_buyer_pays() -> None:
    clearing = listed(**{"ref": 100, "ref.M2": 102})
    strip = clearing.instruments[ST]
    prices, residual = clearing.leg_prices(strip, 103, {})
    assert (prices, residual) == ([102, 104], 0)
    clearing = listed(**{"ref": 100, "ref.M2": 103})
    prices, residual = clearing.leg_prices(clearing.instruments[ST], 103, {})
    assert (prices, residual) == ([101, 104], 1)
    clearing.book_fill(order(1, Side.BUY, 103, 2), clearing.instruments[ST], 2, prices, residual)
    assert (clearing.accounts[1].cash_mills, clearing.house_mills[HouseAccount.ROUNDING]) == (998, 2)


@pytest.mark.rule("FEE-001")
def test_the_taker_pays_the_house() -> None:
    clearing = listed(fee=1)
    instrument = clearing.instruments[M1]
    fees = [clearing.charge_fee(1, instrument, role, 5) for role in (Liquidity.MAKER, Liquidity.TAKER)]
    assert fees == [0, 10]
    assert clearing.charge_fee(1, instrument, Liquidity.AUCTION, 5) == 5
    assert (clearing.accounts[1].cash_mills, clearing.house_mills[HouseAccount.FEES]) == (985, 15)


@pytest.mark.rule("MARGIN-016")
def test_an_order_only_closes_up_to_its_position_with_all_that_works_on_its_side() -> None:
    clearing = listed()
    account = hold(clearing, 1, (M1, 5))
    five, six = working(M1, Side.SELL, 100, 5), working(M1, Side.SELL, 100, 6)
    assert clearing.only_closes(account, [five], five)
    assert not clearing.only_closes(account, [six], six)
    assert not clearing.only_closes(account, [five, working(M1, Side.SELL, 100, 1)], five)
    assert not clearing.only_closes(account, [spread := working(SP, Side.SELL, 0, 1)], spread), "no M2 to close"


@pytest.mark.rule("LIMIT-001", "LIMIT-003", "LIMIT-004")
@pytest.mark.parametrize(
    ("parameters", "index", "lots", "breaks"),
    [
        ({}, M1, 100, False),
        ({}, M1, 101, True),
        ({"term": 1}, M3, 10, False),
        ({"term": 1}, M3, 11, True),
        ({"spot": 7}, M1, 7, False),
        ({"spot": 7}, M1, 8, True),
        ({"spot": 7}, M2, 8, False),
        ({"spot": 7}, SP, 8, True),
    ],
)
def test_an_order_stays_inside_the_limits_of_its_account(
    parameters: dict[str, int], index: int, lots: int, breaks: bool
) -> None:
    clearing = listed(**parameters)
    one = working(index, Side.BUY, 0 if index == SP else 100, lots)
    assert clearing.breaks_limit(clearing.accounts[1], [one], one) is breaks


@pytest.mark.rule("INV-017", "INV-018")
def test_positions_and_money_are_conserved() -> None:
    clearing = listed()
    clearing.house_mills[HouseAccount.DEPOSITS] = -2_000
    hold(clearing, 1, (M1, 3))
    with pytest.raises(AssertionError, match="positions sum to zero"):
        clearing.check()
    hold(clearing, 2, (M1, -3))
    clearing.check()
    clearing.accounts[1].cash_mills += 1
    with pytest.raises(AssertionError, match="all accounts sum to zero"):
        clearing.check()


def test_a_second_listing_changes_commodities_and_keeps_books() -> None:
    clearing = listed()
    payload: dict[str, Any] = {"commodities": [commodity(1, 1, psr_mills=9)], "instruments": []}
    assert clearing.list_payload(payload) == []
    assert (clearing.commodities[1].psr_mills, len(clearing.instruments)) == (9, 6)
