"""Initial margin is computed when it is asked for; a bound of it lets most orders in before (MARGIN-013)."""

from typing import Any

import numpy as np
import pytest

from exchange.clearing.margin import margin_held_mills, recompute_scans
from exchange.codes import CommandKind, EventKind, MarketState, RejectReason, Side, TimeInForce
from exchange.conformance.market import MONTH
from exchange.conformance.venues import EngineVenue, ReferenceVenue
from exchange.engine import query
from exchange.reference.rows import Command
from tests.market import account_payload, commodity, listing
from tests.properties.flow import Flow

SCAN, CHARGE = 10, 2  # mills of a lot: scan range, intra charge
FUNDS = 6 * SCAN
MARK = 100


class Market:
    """One book without fees, a GPU-hour a lot; account 1 has money for six lots, account 2 for all."""

    def __init__(self) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        terms = {"psr_mills": SCAN, "intra_mills": CHARGE, "tier_mills": 0}
        free = {"taker_fee": 0, "auction_fee": 0, "months": [(MONTH, 1)], "hours": 1}
        books = [listing(1, "M1", settle_tick=MARK, low_tick=50, high_tick=150, **free)]
        market = {"commodities": [commodity(1, 1, **terms)], "instruments": books}
        self.venue.control(CommandKind.LIST, market)
        for account, mills in ((1, FUNDS), (2, 10**9)):
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {"maxpos": 1_000}))
            self.row(CommandKind.DEPOSIT, account=account, amount_mills=mills)
        for state in (MarketState.PREOPEN, MarketState.OPEN):
            self.row(CommandKind.SET_STATE, group=1, market_state=state)

    def row(self, kind: CommandKind, **fields: Any) -> list[str]:
        self.sequence += 1
        events = self.venue.apply(Command(kind=kind, sequence=self.sequence, request_id=self.sequence, **fields))
        told = [(EventKind(event.kind).abbreviation, RejectReason(event.reason).abbreviation) for event in events]
        return [kind if reason == "NONE" else f"{kind} {reason}" for kind, reason in told]

    def order(self, side: Side, lots: int, account: int = 1, price: int = 0) -> list[str]:
        """At a price that meets nobody and loses nothing, if none is given."""
        terms = {"price": price or MARK - 1 + 2 * side, "tif": TimeInForce.GTC}
        return self.row(CommandKind.NEW, account=account, instrument=1, side=side, lots=lots, **terms)

    def quote(self, bid_lots: int, ask_lots: int) -> list[str]:
        sides = {"price": MARK - 2, "lots": bid_lots, "trigger": MARK + 2, "minimum_lots": ask_lots}
        return self.row(CommandKind.QUOTE, account=1, instrument=1, **sides)

    def cancel_all(self) -> None:
        self.row(CommandKind.CANCEL_ALL, account=1)

    def money(self) -> tuple[int, int, int]:
        """Initial margin as last computed, the bound of what was added since, initial margin now."""
        row = self.venue.engine.states[0].accounts[1]
        return (
            int(row.initial_margin_mills),
            int(row.scan_rise_bound_mills),
            query.margin(self.venue.engine.states, 1).initial_mills,
        )


@pytest.fixture
def market() -> Market:
    return Market()


def test_orders_within_the_bound_leave_the_scans_as_last_computed(market: Market) -> None:
    assert market.order(Side.BUY, 3) == ["ACK", "RST"]
    assert market.money() == (0, 3 * SCAN, 3 * SCAN)
    market.cancel_all()
    assert market.money() == (0, 3 * SCAN, 0), "lots that leave are in the bound until scans are computed again"


def test_an_account_used_up_by_its_bound_alone_is_let_in_and_its_scans_computed(market: Market) -> None:
    market.order(Side.BUY, 5)
    market.cancel_all()
    assert market.money() == (0, 5 * SCAN, 0)
    assert market.order(Side.BUY, 5) == ["ACK", "RST"]
    assert market.money() == (5 * SCAN, 0, 5 * SCAN), "the next order needs no new scans"
    assert market.order(Side.BUY, 1) == ["ACK", "RST"]
    assert market.money() == (5 * SCAN, SCAN, 6 * SCAN), "to the mill"
    assert market.order(Side.BUY, 1) == ["REJ RISK"]


@pytest.mark.rule("ORDER-004")
def test_a_refused_order_or_quote_leaves_the_margin_as_it_was(market: Market) -> None:
    market.order(Side.BUY, 4)
    market.cancel_all()
    market.order(Side.SELL, 1)
    before = market.venue.engine.states.copy()
    assert market.order(Side.BUY, 7) == ["REJ RISK"]
    assert market.quote(7, 7)[0] == "REJ RISK"
    assert market.row(CommandKind.WITHDRAW, account=1, amount_mills=FUNDS) == ["REFUSED RISK"]
    after = market.venue.engine.states
    for table in ("risks", "positions", "books"):
        assert np.array_equal(before[table], after[table]), table
    for name in ("initial_margin_mills", "scan_rise_bound_mills", "changed_scans", "cash_mills"):
        assert np.array_equal(before["accounts"][name], after["accounts"][name]), name


def test_only_what_is_free_now_is_paid_out_and_told(market: Market) -> None:
    market.order(Side.BUY, 5)
    market.cancel_all()
    market.order(Side.BUY, 1)
    free = FUNDS - SCAN
    assert market.row(CommandKind.WITHDRAW, account=1, amount_mills=free + 1) == ["REFUSED RISK"]
    market.sequence += 1
    fields = {"account": 1, "price": free, "sequence": market.sequence}
    (told,) = market.venue.apply(Command(kind=CommandKind.WITHDRAW, **fields))
    assert (told.value_tick_lots, told.reference) == (SCAN, SCAN)
    assert market.money() == (SCAN, 0, SCAN)


def test_a_trade_tells_what_is_held_now(market: Market) -> None:
    market.order(Side.SELL, 3, account=2, price=MARK)
    market.order(Side.BUY, 1)
    assert market.order(Side.BUY, 3, price=MARK)[-2:] == ["POS", "POS"]
    assert market.money() == (4 * SCAN, 0, 4 * SCAN)


def test_the_bound_of_a_close_only_account_does_not_grow_for_ever(market: Market) -> None:
    """Its orders are let in whatever is free."""
    market.order(Side.SELL, 3, account=2, price=MARK)
    market.order(Side.BUY, 3, price=MARK)
    market.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(1, {"maxpos": 1_000, "closeonly": True}))
    for _ in range(20):
        assert market.order(Side.SELL, 3) == ["ACK", "RST"]
        market.cancel_all()
    assert market.money()[1] <= FUNDS


@pytest.mark.parametrize("seed", [11, 12])
def test_what_is_held_equals_a_sum_from_scratch_and_is_never_above_its_bound(seed: int) -> None:
    """After every command; the reference keeps no scans: it adds up all positions and orders."""
    venue, flow, slow = EngineVenue(), Flow(seed), ReferenceVenue()
    for kind, step in flow.openings():
        _both(venue, slow, kind, step)
    waiting = 0
    for _ in range(400):
        _both(venue, slow, *flow.next(slow.market))
        state, exact = venue.engine.states[0], venue.engine.states.copy()[0]
        for number, account in slow.market.clearing.accounts.items():
            row, held = state.accounts[number], slow.market.initial_margin_mills(account)
            waiting += row.changed_scans != 0
            assert margin_held_mills(state, number) == held
            assert row.initial_margin_mills + row.scan_rise_bound_mills >= held
            recompute_scans(exact, number)
            after = exact.accounts[number]
            assert (after.initial_margin_mills, after.scan_rise_bound_mills, after.changed_scans) == (held, 0, 0)
    assert waiting > 400, "most accounts have scans that wait to be computed"


def _both(venue: EngineVenue, slow: ReferenceVenue, kind: Any, step: Any) -> None:
    if isinstance(step, dict):
        venue.control(kind, step)
        slow.control(kind, step)
    else:
        venue.apply(step)
        slow.apply(step)
