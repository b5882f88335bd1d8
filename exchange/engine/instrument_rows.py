"""Rows of instruments, as questions to the engine answer them (`query.instruments`)."""

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


RATES = ("psr_mills", "intra_mills", "tier_mills")
_NOT_DIRECT = (
    "index", "symbol", "group_state", "state", "reopen_ns", "group_reason", "group_reopen_ns", "life", "legs",
    *RATES,
)  # fmt: skip
_DIRECT = [name for name in InstrumentRow._fields if name not in _NOT_DIRECT]


def instruments(states: np.ndarray) -> list[InstrumentRow]:
    """Every instrument that is LISTED, by index. An index without one is left out."""
    return [row for row in known_instruments(states) if row.life == Life.LISTED]


def known_instruments(states: np.ndarray) -> list[InstrumentRow]:
    """The instrument of every book, by index from 1 on without gaps: also those that have ended and whose book has no
    other one yet."""
    state, groups, group_rows = states[0], group_states(states), states["groups"][0]
    reopen_ns = states["guards"]["reopen_ns"][0].tolist()
    group_reasons, group_reopen_ns = group_rows["reason"].tolist(), group_rows["reopen_ns"].tolist()
    listed = state.books[1 : int(state.books_listed) + 1]
    columns = {name: listed[name].tolist() for name in [*_DIRECT, "market_state", "life"]}
    legs = [
        tuple(map(tuple, rows[:count].tolist())) if count > 1 else ()
        for rows, count in zip(listed["legs"], listed["leg_count"].tolist(), strict=True)
    ]
    rates = {name: state.commodities[name][listed["commodity"]].tolist() for name in RATES}
    symbols = [bytes(words.tobytes()).rstrip(b"\0").decode() for words in listed["symbol"]]
    return [
        InstrumentRow(
            index=place + 1,
            symbol=symbols[place],
            group_state=groups[columns["group"][place]],
            state=MarketState(columns["market_state"][place]),
            reopen_ns=reopen_ns[place + 1],
            group_reason=group_reasons[columns["group"][place]],
            group_reopen_ns=group_reopen_ns[columns["group"][place]],
            life=Life(columns["life"][place]),
            legs=legs[place],
            **{name: rates[name][place] for name in RATES},
            **{name: columns[name][place] for name in _DIRECT},
        )
        for place in range(len(listed))
    ]


def group_states(states: np.ndarray) -> dict[int, MarketState]:
    """The state of every product group that has instruments."""
    groups = states["groups"][0]
    return {int(index): MarketState(int(groups["state"][index])) for index in np.nonzero(groups["listed"])[0]}
