"""Events of a control to accounts: what each is paid or pays, and its positions afterwards (SETTLE-012)."""

import numpy as np

from exchange.clearing.margin import recompute_holds
from exchange.clearing_codes import CashReason
from exchange.codes import EventFlag, EventKind
from exchange.engine.control.events import control_events
from exchange.records import column


def report_accounts(
    state: np.record, rows: np.ndarray, moved_mills: np.ndarray, reason: CashReason, day: int
) -> np.ndarray:
    """Events for each account, in ascending order: one CASH_MOVED with what it was paid if that is not 0, then a
    POSITION_CHANGED for each of its positions, in the order of books. Computes the holds of these accounts again.

    rows         POSITION rows that have changed
    moved_mills  by account, int64; below 0: it has paid
    reason       why
    day          trading day of it, days since 1970; 0: it is not known
    """
    events, is_cash = _reports(state, np.flatnonzero(moved_mills), rows)
    accounts = events["account"][is_cash]
    rows_of = state.accounts[accounts]
    events["kind"][is_cash] = EventKind.CASH_MOVED
    column(events, "cash_reason")[is_cash] = reason
    column(events, "trading_day")[is_cash] = day
    events["amount_mills"][is_cash] = moved_mills[accounts]
    column(events, "equity_after_mills")[is_cash] = rows_of["cash_mills"] + rows_of["unrealised_pnl_mills"]
    return events


def report_cascade(
    state: np.record, rows: np.ndarray, parent: int, accounts: np.ndarray, lots: np.ndarray
) -> np.ndarray:
    """Events for each account, in ascending order: a POSITION_CASCADED, then a POSITION_CHANGED for each position that
    the cascade has changed, in the order of books. Computes the holds of these accounts again.

    rows      POSITION rows that have changed
    accounts  that held the parent, ascending
    lots      what each of them held of it, signed
    """
    events, is_lead = _reports(state, accounts, rows)
    events["kind"][is_lead] = EventKind.POSITION_CASCADED
    events["instrument"][is_lead] = parent
    column(events, "settlement_tick")[is_lead] = state.books[parent].settle_tick
    column(events, "position_lots")[is_lead] = lots
    for name in ("margin_held_mills", "unpaid_gain_mills", "required_mills"):
        column(events, name)[is_lead] = 0
    return events


def _reports(state: np.record, leading: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A POSITION_CHANGED for each row, and in front of them an event for each account in `leading`, still to be filled.

    returns  events, by account; which of them lead
    """
    # Row 0 of the positions stands for the event that leads, which so comes first.
    accounts = np.concatenate([leading, state.positions["account"][rows]]).astype(np.int64)
    rows = np.concatenate([np.zeros(len(leading), np.int64), rows])
    order = np.lexsort((state.positions["book"][rows], accounts))
    accounts, rows = accounts[order], rows[order]
    recompute_holds(state, np.unique(accounts))
    events, leads = _account_events(state, accounts), rows == 0
    _fill_positions(state, events, rows)
    return events, leads


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
    column(events, "required_mills")[:] = state.accounts["required_mills"][accounts]
    column(events, "unpaid_gain_mills")[:] = np.maximum(state.accounts["unrealised_pnl_mills"][accounts], 0)
    return events


def _fill_positions(state: np.record, events: np.ndarray, rows: np.ndarray) -> None:
    """Fill what positions have, and the equity after the control. `rows`: of the positions; 0: the event is none."""
    held, is_position = state.positions[rows], rows != 0
    accounts = state.accounts[events["account"]]
    equity = accounts["cash_mills"] + accounts["unrealised_pnl_mills"]
    events["instrument"] = held["book"]
    column(events, "mark_tick")[is_position] = state.books["mark_tick"][held["book"]][is_position]
    column(events, "position_lots")[:] = held["lots"]
    column(events, "open_value_tick_lots")[:] = held["open_value_tick_lots"]
    column(events, "equity_mills")[is_position] = equity[is_position]
