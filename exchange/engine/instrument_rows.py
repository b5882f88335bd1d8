"""Rows of instruments, as questions to the engine answer them (`query.instruments`)."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from exchange.clearing_codes import Life
from exchange.codes import MarketState


class InstrumentRow(NamedTuple):
    """One instrument as the engine holds it."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which is not used
    instrument_id: int
    symbol: str
    group: int
    family: int
    period_kind: int
    combo: int
    floor_bp: int
    hours: int
    start_month: int
    ltd_ns: int
    order_entry: int
    matching: int
    min_inc: int
    order_lots_max: int
    band_ticks: int
    low_tick: int
    high_tick: int
    settle_tick: int
    maker_fee: int
    taker_fee: int
    auction_fee: int
    revision: int
    own_state: int  # MarketState; NONE: the book follows its group
    group_state: MarketState
    state: MarketState  # market state in force, from both
    reason: int  # StateReason of its own state
    reopen_ns: int  # when a timer ends its own state, 0 none; the time left while it or its group is in HALT
    group_reason: int  # StateReason and `reopen_ns` of the group's state
    group_reopen_ns: int
    legs: tuple[tuple[int, int], ...] = ()  # legs of a combination: (index, +1 bought or -1 sold)
    life: Life = Life.LISTED
    commodity: int = 0  # contracts of one commodity offset each other's margin (MARGIN-002)
    psr_mills: int = 0  # scan range and charges of the commodity, mills per GPU-hour (MARGIN-003 to 006)
    intra_mills: int = 0
    tier_mills: int = 0


RATES = ("psr_mills", "intra_mills", "tier_mills")  # of the commodity
_STATES = {int(state): state for state in MarketState}
_LIVES = {int(life): life for life in Life}
_ENUMS: dict[str, Mapping[int, MarketState] | Mapping[int, Life]] = {
    "state": _STATES,
    "group_state": _STATES,
    "life": _LIVES,
}
# By field of InstrumentRow: the field of BOOK with another name.
_BOOK_NAMES = {"state": "market_state"}
# Fields that follow from the book's group, and the field of GROUP.
_GROUP_NAMES = {"group_state": "state", "group_reason": "reason", "group_reopen_ns": "reopen_ns"}


def instruments(states: np.ndarray) -> list[InstrumentRow]:
    """Every instrument that is LISTED, by index. An index without one is left out."""
    life = states["books"]["life"][0, : int(states["books_listed"][0]) + 1]
    return instruments_of(states, np.flatnonzero(life == Life.LISTED))


def known_instruments(states: np.ndarray) -> list[InstrumentRow]:
    """The instrument of every book, by index from 1 on without gaps: also those that have ended and whose book has no
    other one yet."""
    return instruments_of(states, np.arange(1, int(states["books_listed"][0]) + 1))


def instruments_of(states: np.ndarray, indices: np.ndarray) -> list[InstrumentRow]:
    """The instruments of these books, in their order. `indices`: int64, shape (n,), each from 1 to `books_listed`."""
    state, groups = states[0], states["groups"][0]
    books, of_group = state.books, state.books["group"][indices]
    columns = []
    for name in InstrumentRow._fields:
        if name == "index":
            values = indices.tolist()
        elif name == "symbol":
            values = _symbols(books["symbol"][indices])
        elif name == "legs":
            values = _legs(books, indices)
        elif name == "reopen_ns":
            values = state.guards["reopen_ns"][indices].tolist()
        elif name in RATES:
            values = state.commodities[name][books["commodity"][indices]].tolist()
        elif name in _GROUP_NAMES:
            values = groups[_GROUP_NAMES[name]][of_group].tolist()
        else:
            values = books[_BOOK_NAMES.get(name, name)][indices].tolist()
        columns.append([*map(_ENUMS[name].__getitem__, values)] if name in _ENUMS else values)
    return [*map(InstrumentRow._make, zip(*columns, strict=True))]


def _symbols(words: np.ndarray) -> list[str]:
    """Symbols as text. `words`: of each book, uint64, shape (n, words)."""
    texts = np.ascontiguousarray(words).view(f"S{words.itemsize * words.shape[1]}")
    found: list[str] = texts.ravel().astype(str).tolist()
    return found


def _legs(books: np.ndarray, indices: np.ndarray) -> list[tuple[tuple[int, int], ...]]:
    """Legs of each book: (index, sign); of an outright none."""
    counts = books["leg_count"][indices]
    found: list[tuple[tuple[int, int], ...]] = [()] * len(indices)
    combos = np.flatnonzero(counts > 1)
    legs = books["legs"][indices[combos]].tolist()
    for place, count, rows in zip(combos.tolist(), counts[combos].tolist(), legs, strict=True):
        found[place] = tuple(rows[:count])
    return found


def group_states(states: np.ndarray) -> dict[int, MarketState]:
    """The state of every product group that has instruments."""
    groups = states["groups"][0]
    return {int(index): MarketState(int(groups["state"][index])) for index in np.nonzero(groups["listed"])[0]}
