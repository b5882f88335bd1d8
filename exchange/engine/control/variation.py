"""A run of variation margin over settled books, and its events to each account (SETTLE-007, SETTLE-012)."""

from collections.abc import Iterable

import numpy as np

from exchange.clearing.margin import recompute_holds
from exchange.clearing.variation import settle_positions
from exchange.codes import CashReason, EventFlag, EventKind
from exchange.engine.control.events import control_events
from exchange.records import column


def pay_variation(state: np.record, books: Iterable[int], day: int) -> np.ndarray:
    """Pay the variation of all positions in these books at their marks.

    day      trading day that is settled, days since 1970; 0: it is not known
    returns  events: for each account, in ascending order, one CASH_MOVED with what it receives from all these books
             together if that is not 0, then a POSITION_CHANGED for each of its positions in them, in the order of books
    """
    is_settled = np.zeros(state.books.shape[0], np.uint8)
    is_settled[list(books)] = 1
    positions = state.positions[: int(state.used_positions) + 1]
    counts = (positions["lots"] != 0) | (positions["open_value_tick_lots"] != 0)
    rows = np.flatnonzero(counts & (is_settled[positions["book"]] != 0))
    received_mills = np.zeros(state.accounts.shape[0], np.int64)
    settle_positions(state, is_settled, received_mills)
    paid = np.flatnonzero(received_mills)
    # Row 0 of the positions stands for an account's cash, which so comes first.
    accounts = np.concatenate([paid, positions["account"][rows].astype(np.int64)])
    rows = np.concatenate([np.zeros(len(paid), np.int64), rows])
    order = np.lexsort((positions["book"][rows], accounts))
    accounts, rows = accounts[order], rows[order]
    recompute_holds(state, np.unique(accounts))
    events = _account_events(state, accounts)
    _fill_cash(events, rows == 0, received_mills[accounts], day)
    _fill_positions(state, events, rows)
    return events


def _account_events(state: np.record, accounts: np.ndarray) -> np.ndarray:
    """An event for each entry of `accounts` (ascending), with its number in the account's stream. The last one of an
    account also shows its margin, which takes the number after it."""
    events = control_events(state, EventKind.POSITION_CHANGED, len(accounts))
    events["account"] = accounts
    named, first, counts = np.unique(accounts, return_index=True, return_counts=True)
    places = np.arange(len(accounts)) - np.repeat(first, counts)
    events["account_sequence"] = state.accounts["stream"][accounts] + 1 + places
    events["flags"][first + counts - 1] = EventFlag.MARGIN
    state.accounts["stream"][named] += counts + 1
    column(events, "margin_held_mills")[:] = state.accounts["initial_margin_mills"][accounts]
    column(events, "unpaid_gain_mills")[:] = np.maximum(state.accounts["unrealised_pnl_mills"][accounts], 0)
    return events


def _fill_cash(events: np.ndarray, is_cash: np.ndarray, received_mills: np.ndarray, day: int) -> None:
    events["kind"][is_cash] = EventKind.CASH_MOVED
    column(events, "cash_reason")[is_cash] = CashReason.VARIATION
    column(events, "trading_day")[is_cash] = day
    events["amount_mills"][is_cash] = received_mills[is_cash]


def _fill_positions(state: np.record, events: np.ndarray, rows: np.ndarray) -> None:
    """Fill the positions, and the equity after the run in every row. `rows`: of the positions, 0 for cash."""
    held, is_cash = state.positions[rows], rows == 0
    accounts = state.accounts[events["account"]]
    equity = accounts["cash_mills"] + accounts["unrealised_pnl_mills"]
    events["instrument"] = held["book"]
    column(events, "mark_tick")[:] = np.where(is_cash, 0, state.books["mark_tick"][held["book"]])
    column(events, "position_lots")[:] = held["lots"]
    column(events, "open_value_tick_lots")[:] = np.where(is_cash, equity, held["open_value_tick_lots"])
    column(events, "equity_mills")[~is_cash] = equity[~is_cash]
