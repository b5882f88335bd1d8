"""Terms of books in which orders work and positions are held: holds are right afterwards, to the byte where nothing
has changed."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from exchange.book.check import check_books
from exchange.codes import ComboKind, Side
from exchange.engine.control.live_books import (
    changing_marks,
    changing_terms,
    count_working,
    live_orders,
    revalue_orders,
    revalue_positions,
    with_combinations,
)
from exchange.engine.control.margin_terms import derive_margin_terms
from exchange.reference.book import signed
from exchange.reference.clearing import Clearing
from tests.funded import F27, G27, HOURS, MARK, SPREAD, Funded
from tests.market import MONTH
from tests.properties.driver import Run


def live_market() -> Run:
    """A random market with working orders and positions of several accounts."""
    run = Run(5, compare_every=200)
    run.go(350)
    run.auctions(1)
    state = run.pair.fast.engine.states[0]
    assert np.count_nonzero(state.positions["lots"]) > 5 and len(run.pair.reference.orders) > 5
    return run


@pytest.fixture(scope="module")
def market() -> Run:
    """One that tests may change, but not trade on in."""
    return live_market()


def months_of(clearing: Clearing) -> dict[int, Any]:
    """Months of every outright, as its listing had them."""
    return {index: one.months for index, one in clearing.instruments.items() if one.combo == ComboKind.OUTRIGHT}


@pytest.mark.rule("MARGIN-013")
def test_terms_that_are_derived_again_leave_every_byte_as_it_was(market: Run) -> None:
    engine, clearing = market.pair.fast.engine, market.pair.reference.clearing
    before = engine.state_hash()
    derive_margin_terms(engine.states[0], sorted(clearing.instruments))
    derive_margin_terms(engine.states[0], sorted(clearing.instruments), months_of(clearing))
    assert engine.state_hash() == before


def move_spot_month(run: Run) -> None:
    """The spot limit counts other contracts from now on (LIMIT-001, LIMIT-003)."""
    commodities = run.pair.reference.clearing.commodities
    commodities[1] = dataclasses.replace(commodities[1], spot_month=MONTH + 3)
    run.pair.fast.engine.states[0].commodities[1].spot_month = MONTH + 3


def settle(run: Run) -> None:
    """Other marks, other daily limits: gains, losses of orders and what legs may lose follow (SETTLE-007)."""
    instruments, books = run.pair.reference.clearing.instruments, run.pair.fast.engine.states[0].books
    for index, move in ((1, 7), (2, -9), (6, 2), (9, 11)):
        one = instruments[index]
        terms = {"settle_tick": one.settle_tick + move, "low_tick": one.low_tick - 20, "high_tick": one.high_tick + 3}
        instruments[index] = dataclasses.replace(one, **terms)
        books[index].mark_tick = books[index].settle_tick = terms["settle_tick"]
        run.pair.reference.clearing.marks[index] = terms["settle_tick"]
        books[index].low_tick, books[index].high_tick = terms["low_tick"], terms["high_tick"]


def raise_fees(run: Run) -> None:
    """The taker fee is part of what an order may lose (MARGIN-013)."""
    instruments, books = run.pair.reference.clearing.instruments, run.pair.fast.engine.states[0].books
    for index in (1, 4, 9):
        instruments[index] = dataclasses.replace(instruments[index], taker_fee=5)
        books[index].taker_fee = 5


def change_nothing(run: Run) -> None:
    """The block may stay empty."""


CHANGES = [move_spot_month, settle, raise_fees, change_nothing]


def spot_lots(run: Run, number: int) -> tuple[int, int, int]:
    """Lots of the spot month that an account holds, that its orders add and that they take, of commodity 1."""
    clearing = run.pair.reference.clearing
    held = added = taken = 0
    for index, position in clearing.accounts[number].positions.items():
        if clearing.instruments[index].commodity == 1:
            held += position.lots * clearing.spot_weight(clearing.instruments[index])
    for order in run.pair.reference.working(number):
        if clearing.instruments[order.instrument].commodity == 1:
            lots = signed(order.side) * order.leaves_lots * clearing.spot_weight(clearing.instruments[order.instrument])
            added, taken = added + max(lots, 0), taken + max(-lots, 0)
    return held, added, taken


@pytest.mark.rule("MARGIN-013", "INV-019", "LIMIT-003")
def test_holds_follow_terms_that_change_while_orders_work_and_positions_are_held(market: Run) -> None:
    """One change after the other; the reference works everything out from scratch."""
    state, clearing = market.pair.fast.engine.states[0], market.pair.reference.clearing
    for change in CHANGES:
        with changing_terms(state, sorted(clearing.instruments), months_of(clearing)):
            change(market)
        market.pair.compare_accounts()
        for number in clearing.accounts:
            row = state.risks[number]  # the first rows are those of commodity 1
            lots = (row.spot_lots, *row.spot_working.tolist())
            assert lots == spot_lots(market, number), f"spot lots of account {number}"


@pytest.mark.rule("MARGIN-013")
def test_trading_goes_on_at_the_changed_terms_as_in_the_reference() -> None:
    run = live_market()
    clearing = run.pair.reference.clearing
    with changing_terms(run.pair.fast.engine.states[0], sorted(clearing.instruments), months_of(clearing)):
        move_spot_month(run)
    run.funds.settled(run.pair.reference)
    run.go(300)
    check_books(run.pair.fast.engine.states)


@pytest.mark.rule("MARGIN-013", "MARGIN-014")
def test_marks_that_change_alone_lead_to_the_same_bytes_as_any_terms() -> None:
    """Of books with working orders, of one leg of a combination only, and back again."""
    engine = live_market().pair.fast.engine
    state, start = engine.states[0], engine.states.copy()
    hashes: list[list[bytes]] = []
    for change in (changing_terms, changing_marks):
        np.copyto(engine.states.view(np.uint8), start.view(np.uint8))
        hashes.append([engine.state_hash()])
        for books, moves in (([1, 2, 6, 9], [7, -9, 2, 11]), ([1], [-30]), ([1, 2], [23, 9])):
            with change(state, books):
                state.books["mark_tick"][books] += np.array(moves, np.int32)
            hashes[-1].append(engine.state_hash())
    assert hashes[0] == hashes[1] and len(set(hashes[0])) == 4


def test_only_the_combinations_on_a_book_change_with_it(market: Run) -> None:
    state = market.pair.fast.engine.states[0]
    assert with_combinations(state, [9]) == [9]
    assert with_combinations(state, [2]) == [2, 4, 6]
    assert with_combinations(state, [8, 10]) == [8, 10]
    assert with_combinations(state, []) == []


def test_waiting_stops_and_parked_orders_are_among_the_live_ones(market: Run) -> None:
    state = market.pair.fast.engine.states[0]
    slots = live_orders(state, range(1, 11))
    assert sorted(state.orders["order_id"][slots].tolist()) == sorted(market.pair.reference.orders)
    assert set(state.orders["book"][live_orders(state, [1, 4])].tolist()) <= {1, 4}


# --- the two kernels, by figures

RISKS = ("net_hours", "working_hours", "gross_hours", "spot_lots", "spot_working")


@pytest.fixture
def held() -> Funded:
    """Account 1 is long five lots of F27, short two of G27, and bids for a spread and for both months."""
    made = Funded(taker_fee=3)
    made.account(1, 10**12)
    made.trade(1, Side.BUY, 5, MARK)
    made.trade(1, Side.SELL, 2, MARK, G27)
    for book, price in ((SPREAD, 0), (F27, MARK - 5), (G27, MARK + 7)):
        assert made.new(1, Side.BUY, 3, price, book) == "ACK"
    return made


def state_of(funded: Funded) -> Any:
    return funded.pair.fast.engine.states[0]


@pytest.mark.rule("MARGIN-013")
def test_orders_that_are_counted_out_and_in_again_leave_what_was_held(held: Funded) -> None:
    state, before = state_of(held), held.held(1)
    risks = {name: state.risks[name].copy() for name in RISKS}
    slots = live_orders(state, [F27, G27, SPREAD])
    count_working(state, slots, -1)
    assert not state.risks["working_hours"].any()
    assert state.risks[1].gross_hours == 5 * HOURS[F27] + 2 * HOURS[G27], "as held"
    assert not state.positions["working_lots"].any() and not state.books["working_lots"].any()
    assert held.held(1) < before
    count_working(state, slots, 1)
    assert held.held(1) == before
    assert all(np.array_equal(state.risks[name], row) for name, row in risks.items())


@pytest.mark.rule("MARGIN-013", "MARGIN-015")
def test_a_mark_that_moves_changes_gains_by_lots_and_hours(held: Funded) -> None:
    state = state_of(held)
    before, gain = state.books.copy(), int(state.accounts[1].unrealised_pnl_mills)
    state.books[F27].mark_tick += 11
    state.books[G27].mark_tick += 4
    revalue_positions(state, before)
    assert state.accounts[1].unrealised_pnl_mills - gain == 11 * 5 * HOURS[F27] - 4 * 2 * HOURS[G27]


@pytest.mark.rule("MARGIN-013")
def test_a_mark_that_moves_changes_what_orders_can_lose(held: Funded) -> None:
    """The bid for F27 is below its mark, which falls by 11; the one for G27 is 7 above its own, which rises by 4."""
    state, before = state_of(held), state_of(held).books.copy()
    hold = int(state.accounts[1].initial_margin_mills)
    state.books[F27].mark_tick -= 11
    state.books[G27].mark_tick += 4
    revalue_orders(state, before, live_orders(state, [F27, G27]))
    assert state.accounts[1].initial_margin_mills - hold == (11 - 5) * 3 * HOURS[F27] - 4 * 3 * HOURS[G27]


@pytest.mark.rule("LIMIT-003")
def test_a_new_spot_month_counts_the_lots_held(held: Funded) -> None:
    state = state_of(held)
    before = state.books.copy()
    state.books[F27].spot_weight = 1
    revalue_positions(state, before)
    assert state.risks[1].spot_lots == 5
    state.books[F27].spot_weight, before = 0, state.books.copy()
    revalue_positions(state, before)
    assert state.risks[1].spot_lots == 0


def test_positions_whose_books_are_as_they_were_are_not_touched(held: Funded) -> None:
    state = state_of(held)
    before = held.pair.fast.engine.state_hash()
    revalue_positions(state, state.books.copy())
    assert held.pair.fast.engine.state_hash() == before
