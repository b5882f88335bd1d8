"""EVENT rows of controls. They are made in plain Python: a control is rare."""

from collections.abc import Sequence

import numpy as np

from exchange.codes import EventKind
from exchange.records import EVENT, column


def control_events(state: np.record, kind: EventKind, count: int) -> np.ndarray:
    """So many rows of one kind, with the sequence and time of the running control."""
    events = np.zeros(count, EVENT)
    events["sequence"] = state.sequence
    events["time_ns"] = state.time_ns
    events["kind"] = kind
    return events


def accounts_defined(state: np.record, accounts: Sequence[int]) -> np.ndarray:
    """ACCOUNT_DEFINED of each account: it is new, or its terms have changed."""
    events = control_events(state, EventKind.ACCOUNT_DEFINED, len(accounts))
    events["account"] = accounts
    return events


def instruments_listed(state: np.record, books: Sequence[int]) -> np.ndarray:
    """INSTRUMENT_LISTED of each book: it is new, or its terms have changed. They take a number of their channel."""
    events = control_events(state, EventKind.INSTRUMENT_LISTED, len(books))
    if books:
        events["instrument"] = books
        column(events, "settlement_tick")[:] = state.books["mark_tick"][list(books)]
        state.listed_sequence = state.sequence
    return events
