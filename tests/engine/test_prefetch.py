"""What is prefetched for the next commands changes no result (`properties/test_determinism.py` too)."""

from dataclasses import replace

import numpy as np
import pytest

from bench.flows.flow import FLOWS
from bench.warm_engine import prepare_engine
from exchange.codes import EventKind
from exchange.engine.prefetch import PREFETCH_ALL, PREFETCH_ORDERS
from exchange.limits import MEDIUM


@pytest.mark.rule("ORDER-004")
def test_commands_that_name_no_book_are_refused_whatever_came_before_them() -> None:
    """Among orders that meet somebody; beyond the table of books, of accounts, or at prices that no window has."""
    flow = replace(FLOWS["mixed"], commands=6_000, warm_orders=400, books=3, accounts=50, aggressive=25, add=32)
    stage = prepare_engine(flow, "medium")
    stage.reset()
    rows = stage.rows.copy()
    nobody = np.random.default_rng(3).choice(len(rows), 900, replace=False)
    rows["instrument"][nobody[:500]] = [MEDIUM.books + 1, 2**32 - 1] * 250
    rows["account"][nobody[300:600]] = [MEDIUM.accounts + 1, 2**31] * 150
    rows["price"][nobody[600:]] = [2**63 - 1, -(2**63)] * 150
    events = stage.engine.apply(rows)
    assert stage.engine.outs["prefetch_extent"] == PREFETCH_ALL
    assert (
        np.count_nonzero(
            np.isin(events["kind"], [EventKind.ORDER_REJECTED, EventKind.CANCEL_REJECTED, EventKind.REPLACE_REJECTED])
        )
        > 300
    )
    state_hash = stage.engine.state_hash()
    stage.reset()
    stage.engine.outs["prefetch_extent"] = PREFETCH_ORDERS
    singly = [stage.engine.apply(rows[row : row + 1]).copy() for row in range(len(rows))]
    assert stage.engine.outs["prefetch_extent"] == PREFETCH_ORDERS, "nothing was looked up ahead"
    assert stage.engine.state_hash() == state_hash and np.concatenate(singly).tobytes() == events.tobytes()
