"""EVENT rows of controls, made in plain Python, because controls are rare."""

from collections.abc import Sequence

import numpy as np

from exchange.codes import EventKind
from exchange.records import EVENT, column, pack_digest


def control_events(state: np.record, kind: EventKind, count: int) -> np.ndarray:
    """`count` rows of one kind, with sequence and time of the running control; all else is 0."""
    events = np.zeros(count, EVENT)
    events["sequence"] = state.sequence
    events["time_ns"] = state.time_ns
    events["kind"] = kind
    return events


def set_inputs(events: np.ndarray, digest: str) -> None:
    """Write the SHA-256 of the inputs of settlements, in hexadecimal, into SETTLED rows (SETTLE-011)."""
    for name, word in zip(("inputs_0", "inputs_1", "inputs_2", "inputs_3"), pack_digest(digest), strict=True):
        column(events, name)[:] = word


def accounts_defined(state: np.record, accounts: Sequence[int]) -> np.ndarray:
    """An ACCOUNT_DEFINED for each account, which is new or has new terms."""
    events = control_events(state, EventKind.ACCOUNT_DEFINED, len(accounts))
    events["account"] = accounts
    return events


def instruments_listed(state: np.record, books: Sequence[int]) -> np.ndarray:
    """An INSTRUMENT_LISTED for each book, which is new or has new terms. Updates the number of their channel."""
    events = control_events(state, EventKind.INSTRUMENT_LISTED, len(books))
    if books:
        events["instrument"] = books
        column(events, "settlement_tick")[:] = state.books["settle_tick"][list(books)]
        state.listed_sequence = state.sequence
    return events
