"""EXPIRE: instruments end, with the combinations on them.

A month of physical delivery is SETTLED after the settlement of its last trading day: its lots are closed at that
price, for the fee of a cash settlement. An index month is EXPIRED then, and SETTLED once its final settlement is known
(SETTLE-009).
"""

import msgspec
import numpy as np

from exchange.clearing.endings import close_positions
from exchange.clearing_codes import CashReason, Life
from exchange.codes import CancelReason, ComboKind, EventKind, MarketState, SettleMethod
from exchange.engine.control.account_reports import report_accounts
from exchange.engine.control.checks import DAY_MAX, check_digest, require, within
from exchange.engine.control.endings.ended_books import cancel_orders_of, end_books, ending_books
from exchange.engine.control.events import control_events, set_inputs
from exchange.engine.control.house.settled_days import note_settlements
from exchange.engine.control.live_books import changing_terms
from exchange.engine.control.variation import pay_rest
from exchange.records import column
from exchange.units import CHARGE_MILLS_MAX, PRICE_MAX

ENDS = (Life.EXPIRED, Life.SETTLED, Life.DELISTED)


class BookEnd(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How one instrument ends.

    life        EXPIRED, SETTLED; DELISTED: it has no positions and never will
    final_tick  its final settlement, ticks; left out: its last settlement is the final one
    inputs      SHA-256 of what `final_tick` is computed from, hexadecimal (SETTLE-011); empty: it is not known
    """

    index: int
    life: int
    final_tick: int | msgspec.UnsetType = msgspec.UNSET
    inputs: str = ""


class ExpirePayload(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The instruments that end.

    fee_mills  fee of each side of a lot that is settled in cash, mills per GPU-hour (FEE-001)
    day        trading day after which they end, days since 1970
    """

    books: list[BookEnd]
    fee_mills: int = 0
    day: int = 0


def check_expire(state: np.record, terms: ExpirePayload) -> None:
    """Raise ControlError if these instruments cannot end now."""
    indices = [end.index for end in terms.books]
    require(len(set(indices)) == len(indices), "a book stands once among those that expire")
    within("expire: fee_mills", terms.fee_mills, 0, CHARGE_MILLS_MAX)
    within("expire: day", terms.day, 0, DAY_MAX)
    for end in terms.books:
        within("expire: index", end.index, 1, int(state.books_listed))
        within(f"expire: life of book {end.index}", end.life, min(ENDS), max(ENDS))
        require(end.life in ENDS, f"expire: book {end.index} cannot become {Life(end.life).name}")
        _check_book(state.books[end.index], f"expire: book {end.index}", end)


def _check_book(book: np.record, name: str, end: BookEnd) -> None:
    """Raise ControlError unless a book may take this step of its life, and is CLOSED."""
    life = Life(int(book.life))
    before = (Life.LISTED,) if end.life == Life.EXPIRED else (Life.LISTED, Life.EXPIRED)
    require(life in before, f"{name} is {life.name}, it cannot become {Life(end.life).name}")
    require(book.market_state == MarketState.CLOSED, f"{name} is not CLOSED")
    require(book.combo == ComboKind.OUTRIGHT, f"{name} is a combination, which ends with its first leg")
    held = int(book.long_and_short_lots) // 2
    require(end.life != Life.DELISTED or held == 0, f"{name} has {held} lots of open interest, it cannot be delisted")
    if end.final_tick is not msgspec.UNSET:
        require(end.life == Life.SETTLED, f"{name}: only a settled instrument has a final price")
        within(f"{name}: final_tick", end.final_tick, 1, PRICE_MAX)
    check_digest(f"{name}: inputs", end.inputs)


def cancel_expired(state: np.record, terms: ExpirePayload) -> None:
    """Queue the cancels of all orders of these books and of the combinations on them."""
    books = ending_books(state, (end.index for end in terms.books))
    cancel_orders_of(state, books, CancelReason.EXPIRED)


def expire(state: np.record, terms: ExpirePayload) -> np.ndarray:
    """Carry out a checked payload. Returns events: SETTLED of each instrument with a final price; variation that is not
    paid yet; fees and closed positions of accounts (`account_reports`); INSTRUMENT_ENDED of each book."""
    lives = dict.fromkeys(ending_books(state, (end.index for end in terms.books)), Life.DELISTED)
    lives |= {end.index: Life(end.life) for end in terms.books}
    final = _settle_finally(state, terms)
    settled = [end.index for end in terms.books if end.life == Life.SETTLED]
    paid = pay_rest(state, settled, terms.day)
    closed = _close(state, settled, terms)
    return np.concatenate([final, paid, closed, end_books(state, lives)])


def _settle_finally(state: np.record, terms: ExpirePayload) -> np.ndarray:
    """Give instruments their final prices."""
    final = [end for end in terms.books if end.final_tick is not msgspec.UNSET]
    if not final:
        return control_events(state, EventKind.SETTLED, 0)
    books = [end.index for end in final]
    with changing_terms(state, books):
        for end in final:
            book = state.books[end.index]
            book.settle_tick = book.mark_tick = end.final_tick
            book.settle_method, book.settle_flagged = SettleMethod.FINAL, False
    note_settlements(state, books, terms.day)
    events = control_events(state, EventKind.SETTLED, len(final))
    events["instrument"] = books
    column(events, "settlement_tick")[:] = state.books["settle_tick"][books]
    column(events, "settle_method")[:] = SettleMethod.FINAL
    column(events, "trading_day")[:] = terms.day
    column(events, "open_interest_lots")[:] = state.books["long_and_short_lots"][books] // 2
    for place, end in enumerate(final):
        set_inputs(events[place : place + 1], end.inputs)
    return events


def _close(state: np.record, books: list[int], terms: ExpirePayload) -> np.ndarray:
    """Close all positions in these books, and take the fee."""
    positions = state.positions[: int(state.used_positions) + 1]
    rows = np.flatnonzero(np.isin(positions["book"], books) & (positions["lots"] != 0))
    fees = np.zeros(state.accounts.shape[0], np.int64)
    closes = np.zeros(state.books.shape[0], np.uint8)
    closes[books] = 1
    close_positions(state, closes, terms.fee_mills, fees)
    return report_accounts(state, rows, -fees, CashReason.FEE, terms.day)
