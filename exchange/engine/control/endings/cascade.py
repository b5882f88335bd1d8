"""CASCADE: a parent ends at its last settlement, and its positions become positions in its children: the same side and
lots at that price, without a fee and without money (CASCADE-001 to CASCADE-004). All accounts, or none."""

import msgspec
import numpy as np

from exchange.clearing.endings import cascade_positions
from exchange.clearing.positions import positions_left
from exchange.clearing_codes import Life
from exchange.codes import CancelReason, ComboKind, MarketState
from exchange.engine.control.account_reports import report_cascade
from exchange.engine.control.checks import DAY_MAX, require, within
from exchange.engine.control.endings.ended_books import cancel_orders_of, end_books, ending_books, is_listed
from exchange.engine.control.variation import pay_rest

CHILDREN_MAX = 12


class CascadePayload(msgspec.Struct, forbid_unknown_fields=True):
    """A parent and its children, all of them by book. `day`: trading day after which it ends, days since 1970."""

    parent: int
    children: list[int]
    day: int = 0


def check_cascade(state: np.record, terms: CascadePayload) -> None:
    """Raise ControlError if this parent cannot become these children now."""
    within("cascade: children", len(terms.children), 1, CHILDREN_MAX)
    require(len({terms.parent, *terms.children}) == len(terms.children) + 1, "cascade: a book stands once")
    for index in (terms.parent, *terms.children):
        within("cascade: book", index, 1, int(state.books_listed))
        book, name = state.books[index], f"cascade: book {index}"
        require(is_listed(state, index), f"{name} is {Life(int(book.life)).name}, not LISTED")
        require(book.combo == ComboKind.OUTRIGHT, f"{name} is a combination")
        require(book.market_state == MarketState.CLOSED, f"{name} is not CLOSED")
    parent, children = state.books[terms.parent], state.books[terms.children]
    for name in ("group", "commodity", "floor_bp"):
        same = bool((children[name] == parent[name]).all())
        require(same, f"cascade: children of book {terms.parent} have another {name}")
    hours = int(children["hours"].sum())
    require(hours == parent.hours, f"cascade: children have {hours} hours, their parent {parent.hours}")
    within("cascade: day", terms.day, 0, DAY_MAX)
    _check_rows(state, terms)


def _check_rows(state: np.record, terms: CascadePayload) -> None:
    """Raise ControlError unless there are rows for the positions in the children."""
    positions = state.positions[1 : int(state.used_positions) + 1]
    holders = positions["account"][(positions["book"] == terms.parent) & (positions["lots"] != 0)]
    missing = 0
    for child in terms.children:
        missing += len(np.setdiff1d(holders, positions["account"][positions["book"] == child]))
    left = int(positions_left(state))
    require(missing <= left, f"cascade: {missing} positions to open, there are rows for {left}")


def cancel_cascaded(state: np.record, terms: CascadePayload) -> None:
    """Queue the cancels of all orders of the parent, and of combinations on it (CASCADE-003)."""
    cancel_orders_of(state, ending_books(state, [terms.parent]), CancelReason.CASCADED)


def cascade(state: np.record, terms: CascadePayload) -> np.ndarray:
    """Carry out a checked payload. Returns events: variation that is not paid yet; of each account a POSITION_CASCADED
    and its changed positions; INSTRUMENT_ENDED of the parent and of combinations on it."""
    paid = pay_rest(state, [terms.parent], terms.day)
    used = int(state.used_positions)
    held = state.positions[1 : used + 1]
    rows = 1 + np.flatnonzero((held["book"] == terms.parent) & (held["lots"] != 0))
    rows = rows[np.argsort(state.positions["account"][rows])]
    accounts, lots = state.positions["account"][rows].copy(), state.positions["lots"][rows].copy()
    cash = int(state.accounts["cash_mills"].sum())
    values = _value_mills(state, [terms.parent]) + _value_mills(state, terms.children)
    cascade_positions(state, terms.parent, np.array(terms.children, np.int64))
    _check_done(state, terms, cash, values)
    positions = state.positions[: int(state.used_positions) + 1]
    changed = np.isin(positions["book"], [terms.parent, *terms.children]) & np.isin(positions["account"], accounts)
    events = report_cascade(state, np.flatnonzero(changed), terms.parent, accounts, lots)
    lives = dict.fromkeys(ending_books(state, [terms.parent]), Life.DELISTED) | {terms.parent: Life.CASCADED}
    return np.concatenate([paid, events, end_books(state, lives)])


def _value_mills(state: np.record, books: list[int]) -> int:
    """What all positions in these books were opened for, long less short."""
    positions = state.positions[1 : int(state.used_positions) + 1]
    rows = positions[np.isin(positions["book"], books)]
    return int((rows["open_value_tick_lots"] * state.books["hours"][rows["book"]]).sum())


def _check_done(state: np.record, terms: CascadePayload, cash: int, values: int) -> None:
    """Stop the engine unless the cascade has kept lots, values and cash (CASCADE-004)."""
    positions = state.positions[1 : int(state.used_positions) + 1]
    assert state.books[terms.parent].long_and_short_lots == 0, "the parent has open interest left"
    for child in terms.children:
        assert positions["lots"][positions["book"] == child].sum() == 0, f"lots of book {child} do not sum to zero"
    assert int(state.accounts["cash_mills"].sum()) == cash, "the cascade has moved money"
    assert _value_mills(state, [terms.parent, *terms.children]) == values, "the cascade has changed the value held"
