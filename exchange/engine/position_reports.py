"""Emits POS at the end of a command, for each position that its fills have changed."""

import numpy as np

from exchange.clearing.margin import recompute_scans
from exchange.engine.emit import market_event, next_in_stream
from exchange.engine.risk import equity_mills, unpaid_mills
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import EVENT_FLAG_MARGIN, EVENT_POSITION_CHANGED
from exchange.limits import STEP_EVENTS
from exchange.machine import opaque_row


@leaf_kernel
def _report_once(state, out):
    """Emit POS of the next changed position, with exact margin. False: there is no other."""
    cursor = state.cursor
    row_index = np.int64(cursor.report_first)
    if row_index == 0:
        return False
    position = state.positions[row_index]
    account = np.int64(position.account)
    account_row = state.accounts[account]
    recompute_scans(state, account)
    cursor.report_first = position.next_report
    if cursor.report_first == 0:
        cursor.report_last = 0
    position.next_report = 0
    position.report_queued = 0
    account_row.reports_queued -= 1
    row = market_event(state, out, EVENT_POSITION_CHANGED, np.int64(position.book))
    row.account = account
    row.mark_tick = state.books[position.book].mark_tick
    row.position_lots = position.lots
    row.open_value_tick_lots = position.open_value_tick_lots
    row.equity_mills = equity_mills(account_row)
    row.unpaid_gain_mills = unpaid_mills(account_row)
    row.margin_held_mills = account_row.initial_margin_mills
    row.required_mills = account_row.required_mills
    row.account_sequence = next_in_stream(state, account)
    if account_row.reports_queued == 0:
        row["flags"] = EVENT_FLAG_MARGIN
        next_in_stream(state, account)
    return True


@kernel
def report_positions(whole, out):
    """Emit POS of changed positions, as many as the event buffer takes. False: there is no other.

    whole  STATE; each round of the loop uses its own `opaque_row` of it
    """
    count_max = out.capacity - STEP_EVENTS
    while _report_once(opaque_row(whole), out):
        if out.count > count_max:
            return True
    return False
