"""What an account's margin would be with hypothetical lots and orders (MARGIN-013, MARGIN-015, MARGIN-016).

    what_if = WhatIf()
    outlook = what_if.ask(states, 7, [(book, -5)], [HypotheticalOrder(book, Side.BUY, 2_810, 10)])

The account, its positions, its RISK rows and the books are copied into a scratch state of one account, in which the
engine's own functions then run. They never see the venue's state, so they cannot change it. What the positions alone
require (MARGIN-001) has `requirement.margin_by_commodity`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from exchange.clearing.layout import POSITION
from exchange.clearing.margin import (
    add_working,
    hold_lots,
    loss_per_lot,
    margin_held_mills,
    margin_rise,
    recompute_scans,
)
from exchange.clearing.positions import (
    make_position,
    open_position,
    open_positions,
    own_position,
    release_last_position,
)
from exchange.codes import RejectReason
from exchange.engine.query import MarginRow, margin_row
from exchange.engine.risk import check_risk, free_margin_mills, only_closes
from exchange.engine.state import new_state
from exchange.kernel import bind, kernel
from exchange.kernel_codes import REJECT_NONE
from exchange.limits import STEP_EVENTS, VENUE, Limits
from exchange.machine import clear_row, row_at

# One account without orders, and as many books and commodities as the largest venue has. An account has at most one
# position a book, so there is always a free row.
SCRATCH = Limits(
    "scratch", orders=1, ladder_rows=64, books=VENUE.books, accounts=1, positions=VENUE.books, groups=1,
    commodities=VENUE.commodities, sessions=0, protections=0, event_rows=STEP_EVENTS,
)  # fmt: skip
ACCOUNT = 1  # number of the only account of the scratch state
ACCOUNT_ROWS = SCRATCH.accounts + 1

# Columns of `more`, of `orders` and of `outcomes`.
BOOK, LOTS, SIDE, TICK = 0, 1, 2, 3
REASON, NEEDED, FREE, CLOSES = 0, 1, 2, 3


class HypotheticalOrder(NamedTuple):
    """An order that nobody has sent: book, Side, limit price in ticks, lots > 0."""

    book: int
    side: int
    tick: int
    lots: int


class OrderOutcome(NamedTuple):
    """What the risk check would answer to an order.

    reason             NONE: it passes; CLOSE_ONLY, POSITION or INSUFFICIENT_MARGIN: it is refused
    needed_mills       by how much it would raise the hold
    free_margin_mills  free margin before it
    only_closes        it would only close positions, so that it needs no free margin (MARGIN-016)
    """

    reason: RejectReason
    needed_mills: int
    free_margin_mills: int
    only_closes: bool


class Outlook(NamedTuple):
    """Money of the account with everything hypothetical that passes, and the answer to each order."""

    money: MarginRow
    outcomes: list[OrderOutcome]


class WhatIf:
    """Answers questions of any account, one after the other."""

    def __init__(self) -> None:
        self._states = new_state(SCRATCH)
        rows = np.zeros((1, 4), np.int64)
        self._try = bind(try_orders, self._states, np.zeros(1, POSITION), rows, rows, rows)

    def ask(
        self,
        states: np.ndarray,
        account: int,
        more: Sequence[tuple[int, int]] = (),
        orders: Sequence[HypotheticalOrder] = (),
    ) -> Outlook:
        """What the account's margin would be. Changes nothing of `states`.

        states  STATE, shape (1,), between two commands
        more    hypothetical lots on top, held at the mark: (book, signed lots); a combination counts in its legs
        orders  are checked in this order; one that passes works when the next is checked, one that is refused does not
        """
        held = self._copy_account(states[0], account)
        lots = np.zeros((len(more), 4), np.int64)
        lots[:, [BOOK, LOTS]] = np.array(more, np.int64).reshape(-1, 2)
        wanted = np.array([(one.book, one.lots, one.side, one.tick) for one in orders], np.int64).reshape(-1, 4)
        answers = np.zeros((len(orders), 4), np.int64)
        hold = int(self._try(self._states, held, lots, wanted, answers))
        outcomes = [OrderOutcome(RejectReason(row[0]), row[1], row[2], bool(row[3])) for row in answers.tolist()]
        return Outlook(margin_row(self._states[0].accounts[ACCOUNT], hold), outcomes)

    def _copy_account(self, state: np.record, account: int) -> np.ndarray:
        """Copy the books and what the account has into the scratch state, but for its positions; returns these."""
        scratch = self._states[0]
        books, commodities = int(state.books_listed) + 1, state.commodities.shape[0]
        scratch.books_listed = books - 1
        _copy_rows(scratch.books[:books], state.books[:books])
        _copy_rows(scratch.commodities[:commodities], state.commodities)
        numbers = scratch.books["commodity"][:books].astype(np.int32)
        scratch.books["first_risk"][:books] = (numbers - 1) * ACCOUNT_ROWS
        scratch.risks[ACCOUNT::ACCOUNT_ROWS][: commodities - 1] = state.risks[account :: state.accounts.shape[0]]
        scratch.accounts[ACCOUNT] = state.accounts[account]
        positions = state.positions[: int(state.used_positions) + 1]
        held: np.ndarray = positions[positions["account"] == account]
        return held


def _copy_rows(target: np.ndarray, source: np.ndarray) -> None:
    """Copy rows as bytes: NumPy copies a record field by field."""
    target.view(np.uint8)[:] = source.view(np.uint8)


@kernel
def try_orders(states: np.ndarray, held: np.ndarray, more: np.ndarray, orders: np.ndarray, outcomes: np.ndarray) -> int:
    """Check hypothetical orders of the account of a scratch state. Returns its hold with those that pass, mills.

    states    STATE of SCRATCH, shape (1,), with books, commodities, account and RISK rows; changed in place
    held      POSITION rows of the account
    more      hypothetical lots on top: rows BOOK, LOTS (signed), int64
    orders    rows BOOK, LOTS, SIDE, TICK, int64
    outcomes  a row for each order, int64; REASON, NEEDED, FREE and CLOSES are written
    """
    state = states[0]
    _load_positions(state, held)
    for number in range(more.shape[0]):
        _hold_more(state, more[number, BOOK], more[number, LOTS])
    recompute_scans(state, ACCOUNT)
    for number in range(orders.shape[0]):
        _try_order(state, orders, outcomes, number)
    return int(margin_held_mills(state, ACCOUNT))


@kernel
def _load_positions(state: np.record, held: np.ndarray) -> None:
    """Give the account these positions in place of all that the scratch state has."""
    for _ in range(state.used_positions):
        row = np.int64(state.used_positions)
        release_last_position(state)
        clear_row(state.positions[row])
    for number in range(held.shape[0]):
        source = row_at(held, number)
        position = state.positions[make_position(state, np.int64(ACCOUNT), np.int64(source.book))]
        position.lots = source.lots
        position.open_value_tick_lots = source.open_value_tick_lots
        for side in range(2):
            position.working_lots[side] = source.working_lots[side]


@kernel
def _hold_more(state: np.record, index: int, lots: int) -> None:
    """Hold more lots of a book, or of its legs, at the mark: without a gain or loss."""
    book = state.books[index]
    for leg in range(book.leg_count):
        leg_index = np.int64(book.legs[leg].book)
        signed = lots * book.legs[leg].sign
        row = open_position(state, np.int64(ACCOUNT), leg_index)
        hold_lots(state, np.int64(ACCOUNT), row, signed, signed * state.books[leg_index].mark_tick)


@kernel
def _try_order(state: np.record, orders: np.ndarray, outcomes: np.ndarray, number: int) -> None:
    """Write the outcome of an order; if it passes, count it as working."""
    account, index = np.int64(ACCOUNT), orders[number, BOOK]
    side, lots = orders[number, SIDE], orders[number, LOTS]
    book = state.books[index]
    row = own_position(state, account, index)
    loss_mills = lots * loss_per_lot(book, side, orders[number, TICK])
    reason = check_risk(state, account, row, book, side, lots, loss_mills)
    outcomes[number, REASON] = reason
    outcomes[number, NEEDED] = margin_rise(state, account, row, book, side, lots, loss_mills)
    outcomes[number, FREE] = free_margin_mills(state, account)
    outcomes[number, CLOSES] = only_closes(state, account, row, book, side, lots)
    if reason == REJECT_NONE:
        row = open_positions(state, account, row, book)
        add_working(state, account, row, book, side, lots, loss_mills)
