"""BUST: takes trades back. Each account gives up what it traded, at the price of the trade, and gets its fee back
(SETTLE-014).

Variation margin that was paid since comes back with the next run, because a position's gain does not depend on its path
(SETTLE-007). The text of a refusal begins with its reason: UNKNOWN, DONE, UNKNOWN_ACCOUNT, UNKNOWN_INST, UNBALANCED,
FULL.
"""

from collections import Counter

import msgspec
import numpy as np

from exchange.clearing_codes import CashReason
from exchange.codes import EventKind
from exchange.engine.control.account_reports import report_accounts
from exchange.engine.control.checks import require, within
from exchange.engine.control.events import control_events
from exchange.engine.control.house.bust_booking import book_reversals, free_positions, pay_back
from exchange.engine.control.house.known import check_account, known_outright
from exchange.limits import LEGS_MAX
from exchange.records import column
from exchange.units import POSITION_LOTS_MAX, PRICE_MAX

TRADES_MAX = LEGS_MAX + 1  # of an implied group
FILLS_MAX = 2 * TRADES_MAX * LEGS_MAX
MILLS_MAX = 10**15  # of one account


class BustedTrade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trade that is taken back, as it printed.

    instrument  number of its book
    """

    trade_id: int
    instrument: int
    lots: int
    tick: int


class BustedFill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an account traded of an outright; of a combination one for each leg.

    instrument  number of the outright's book
    lots        bought; below 0: sold
    tick        price, ticks
    """

    account: int
    instrument: int
    lots: int
    tick: int


class PaidBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cash that an account has paid with these trades and gets back, mills.

    rounding_mills  remainder of a strip's leg prices (CASCADE-006); below 0: it was paid to the account
    """

    account: int
    fee_mills: int
    rounding_mills: int = 0


class BustPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Trades of one command that are taken back: one, or all of an implied group (IMP-007).

    by_two  two people ask (SEC-061)
    """

    trades: list[BustedTrade]
    fills: list[BustedFill]
    paid: list[PaidBack]
    by_two: bool = False


def check_bust(state: np.record, terms: BustPayload) -> None:
    """Raise ControlError if these trades cannot be taken back now."""
    within("bust: number of trades", len(terms.trades), 1, TRADES_MAX)
    within("bust: number of fills", len(terms.fills), 2, FILLS_MAX)
    for trade in terms.trades:
        within("UNKNOWN: bust: trade", trade.trade_id, 1, int(state.trade_id))
        within(f"bust: instrument of trade {trade.trade_id}", trade.instrument, 1, int(state.books_listed))
        within(f"bust: lots of trade {trade.trade_id}", trade.lots, 1, POSITION_LOTS_MAX)
        within(f"bust: price of trade {trade.trade_id}", trade.tick, -PRICE_MAX, PRICE_MAX)
        done = trade.trade_id in state.busted_trades
        require(not done, f"DONE: trade {trade.trade_id} is taken back already")
    for fill in terms.fills:
        _check_fill(state, fill)
    for paid in terms.paid:
        check_account(state, paid.account)
        within(f"bust: fee of account {paid.account}", paid.fee_mills, 0, MILLS_MAX)
        within(f"bust: remainder of account {paid.account}", paid.rounding_mills, -MILLS_MAX, MILLS_MAX)
    named = [paid.account for paid in terms.paid]
    require(len(set(named)) == len(named), "bust: an account is paid back once")
    _check_sums(terms)
    left = int(free_positions(state))
    require(len(terms.fills) <= left, f"FULL: bust: {len(terms.fills)} positions, {left} are free")


def _check_fill(state: np.record, fill: BustedFill) -> None:
    check_account(state, fill.account)
    known_outright(state, fill.instrument, "bust")
    within(f"bust: lots of account {fill.account}", fill.lots, -POSITION_LOTS_MAX, POSITION_LOTS_MAX)
    within(f"bust: price of account {fill.account}", fill.tick, -PRICE_MAX, PRICE_MAX)


def _check_sums(terms: BustPayload) -> None:
    """Raise ControlError unless buyers and sellers have traded the same lots at the same value."""
    lots: Counter[int] = Counter()
    value: Counter[int] = Counter()
    for fill in terms.fills:
        lots[fill.instrument] += fill.lots
        value[fill.instrument] += fill.lots * fill.tick
    for instrument in lots:
        found = f"book {instrument}: lots sum to {lots[instrument]}, price * lots to {value[instrument]}, not to 0"
        require(lots[instrument] == value[instrument] == 0, f"UNBALANCED: bust: {found}")
    total = sum(paid.rounding_mills for paid in terms.paid)
    require(total == 0, f"UNBALANCED: bust: remainders sum to {total} mills, not to 0")


def check_bust_people(state: np.record, terms: BustPayload) -> None:
    """Raise ControlError unless two people ask."""
    require(terms.by_two, "a bust takes two people (SEC-061)")


def bust(state: np.record, terms: BustPayload) -> np.ndarray:
    """Carry out a checked bust. Returns events: BUSTED of each trade; then by account, in ascending order, a CASH_MOVED
    with what it is paid back, and a POSITION_CHANGED for each of its positions."""
    for trade in terms.trades:
        state.busted_trades[int(state.busts) % len(state.busted_trades)] = trade.trade_id
        state.busts += 1
    fills = np.array([(fill.account, fill.instrument, fill.lots, fill.tick) for fill in terms.fills], np.int64)
    rows = np.zeros(len(terms.fills), np.int64)
    book_reversals(state, fills, rows)
    moved = np.zeros(state.accounts.shape[0], np.int64)
    paid = [(paid.account, paid.fee_mills, paid.rounding_mills) for paid in terms.paid]
    pay_back(state, np.array(paid, np.int64).reshape(-1, 3), moved)
    return np.concatenate([_busted(state, terms), report_accounts(state, np.unique(rows), moved, CashReason.BUST, 0)])


def _busted(state: np.record, terms: BustPayload) -> np.ndarray:
    events = control_events(state, EventKind.BUSTED, len(terms.trades))
    events["instrument"] = [trade.instrument for trade in terms.trades]
    column(events, "trade_id")[:] = [trade.trade_id for trade in terms.trades]
    column(events, "trade_tick")[:] = [trade.tick for trade in terms.trades]
    events["lots"] = [trade.lots for trade in terms.trades]
    return events
