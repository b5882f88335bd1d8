"""Terms of pro-rata allocation of a book, set at listing (PRO-002, PRO-004, PRO-005)."""

import msgspec
import numpy as np

from exchange.codes import Matching
from exchange.engine.control.checks import within
from exchange.units import ORDER_LOTS_MAX


class AllocationTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a pro-rata book allocates a level; fields as in `book.layout.ALLOCATION`."""

    top: bool = True
    top_lots_max: int = 0
    split_percent: int = 0
    minimum_allocation: int = 2


def check_allocation_terms(name: str, matching: int, terms: AllocationTerms) -> None:
    """Raise ControlError if a term is out of range. `name`: of the instrument, for the message."""
    within(f"{name}: matching", matching, Matching.FIFO, Matching.PRO_RATA)
    within(f"{name}: top_lots_max", terms.top_lots_max, 0, ORDER_LOTS_MAX)
    within(f"{name}: split_percent", terms.split_percent, 0, 100)
    within(f"{name}: minimum_allocation", terms.minimum_allocation, 0, ORDER_LOTS_MAX)


def set_allocation_terms(state: np.record, index: int, terms: AllocationTerms) -> None:
    """Write the terms of a book, at its listing."""
    allocation = state.allocation[index]
    allocation.top = terms.top
    allocation.top_lots_max = terms.top_lots_max
    allocation.split_percent = terms.split_percent
    allocation.minimum_allocation = terms.minimum_allocation
