"""What must always be true of the engine's state, and a hash of what a refused line must not change."""

import hashlib
from collections.abc import Iterator

import numpy as np

from exchange.clearing_codes import PASSING
from exchange.codes import OrderState
from exchange.conformance.engine_house.running import RunningVenue
from exchange.engine import query

# A refusal goes out on the account's stream, and may bring sums of margin up to date that are kept as bounds. Both can
# change without a change of what the account has.
ACCOUNT_FIELDS = ("cash_mills", "unrealised_pnl_mills", "flags", "term_lots", "position_lots_max", "term_lots_max")
POSITION_FIELDS = ("account", "book", "lots", "open_value_tick_lots", "working_lots", "paid_mills")
# Of a book: what trading, marks and settlements change. Links and counters of a channel are left out.
BOOK_FIELDS = (
    *("market_state", "own_state", "low_tick", "high_tick", "settle_tick", "mark_tick", "settle_method"),
    *("settle_flagged", "settled_day", "has_last", "volume_lots", "volume_tick_lots", "long_and_short_lots"),
    *("window_lots", "window_tick_lots", "working_lots", "last_trade_id"),
)


def broken(venue: RunningVenue) -> list[str]:
    """What should be true and is not, in words."""
    return [*_broken_ledger(venue), *_broken_positions(venue)]


def _broken_ledger(venue: RunningVenue) -> Iterator[str]:
    totals = query.totals(venue.states)
    if totals.ledger_mills:
        yield f"the ledger sums to {totals.ledger_mills}"
    for house in PASSING:
        if balance := totals.house_mills[house]:
            yield f"the {house.name.lower()} account has {balance}"


def _broken_positions(venue: RunningVenue) -> Iterator[str]:
    lots, mark_num = query.position_sums(venue.states)
    symbols = {row.index: row.symbol for row in venue.instruments.values()}
    for index in np.flatnonzero((lots != 0) | (mark_num != 0)).tolist():
        yield f"{symbols.get(index, f'book {index}')}: lots sum to {lots[index]}, mark_num to {mark_num[index]}"


def _positions(venue: RunningVenue) -> np.ndarray:
    state = venue.states[0]
    rows: np.ndarray = state.positions[1 : int(state.used_positions) + 1]
    return rows


def state_hash(venue: RunningVenue) -> bytes:
    """Hash of live orders, positions, money and books. Sequence and time of the last command do not count."""
    state = venue.states[0]
    orders = state.orders[1 : int(state.used_orders) + 1]
    positions = _positions(venue)
    held = (positions["lots"] != 0) | (positions["open_value_tick_lots"] != 0)
    positions = positions[held | (positions["working_lots"] != 0).any(axis=1)]
    positions = positions[np.lexsort((positions["book"], positions["account"]))]
    digest = hashlib.sha256(orders[orders["state"] != OrderState.NONE].tobytes())
    for rows, fields in (
        (positions, POSITION_FIELDS),
        (state.accounts, ACCOUNT_FIELDS),
        (state.books[1 : int(state.books_listed) + 1], BOOK_FIELDS),
        (state.groups, ("state", "settled_day")),
        (state.commodities, state.commodities.dtype.names or ()),
    ):
        for field in fields:
            digest.update(rows[field].tobytes())
    digest.update(state["house_mills"].tobytes())
    return digest.digest()
