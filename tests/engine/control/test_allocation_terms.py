"""Terms of a pro-rata book at listing."""

import pytest

from exchange.codes import Matching
from exchange.engine.control.allocation_terms import AllocationTerms, check_allocation_terms, set_allocation_terms
from exchange.engine.control.checks import ControlError
from exchange.engine.state import new_state
from exchange.limits import MEDIUM
from exchange.units import ORDER_LOTS_MAX


@pytest.mark.rule("PRO-002", "PRO-004", "PRO-005")
def test_terms_are_written_beside_their_book() -> None:
    state = new_state(MEDIUM)[0]
    set_allocation_terms(state, 3, AllocationTerms(False, 5, 40, 1))
    row = state.allocation[3]
    assert (row.top, row.top_lots_max, row.split_percent, row.minimum_allocation) == (0, 5, 40, 1)
    assert state.allocation[2].minimum_allocation == 0


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"top_lots_max": -1}, f"X: top_lots_max -1 not in 0..{ORDER_LOTS_MAX}"),
        ({"split_percent": 101}, "X: split_percent 101 not in 0..100"),
        ({"minimum_allocation": ORDER_LOTS_MAX + 1}, f"X: minimum_allocation {ORDER_LOTS_MAX + 1} not in "),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: dict[str, int], expected: str) -> None:
    with pytest.raises(ControlError, match=expected):
        check_allocation_terms("X", Matching.PRO_RATA, AllocationTerms(**terms))


def test_a_matching_that_there_is_not_is_refused() -> None:
    for matching in Matching:
        check_allocation_terms("X", matching, AllocationTerms())
    with pytest.raises(ControlError, match=r"X: matching 2 not in 0\.\.1"):
        check_allocation_terms("X", 2, AllocationTerms())
