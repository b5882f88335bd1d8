"""Terms refuse what makes no sense, and actions are decoded, clipped or refused as documented."""

import math
from typing import Any

import numpy as np
import pytest

from bench.environments.terms import QuoteTerms, decode_actions, decode_take

TERMS = QuoteTerms(offset_max=20, lots_max=10)
DISCRETE = QuoteTerms(offset_max=20, lots_max=10, discrete=True)


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ({"levels": 51}, "levels 51: not an integer in 1..50"),
        ({"messages": 0}, "messages 0: not an integer"),
        ({"steps": 1.5}, "steps 1.5: not an integer"),
        ({"lots_max": True}, "lots_max True: not an integer"),
        ({"penalty": -0.1}, "penalty -0.1: not a number of at least 0"),
        ({"loss_max": math.nan}, "loss_max nan: not a number"),
        ({"seconds": "1"}, "seconds '1': not a number"),
    ],
)
def test_a_term_outside_its_range_is_named(terms: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        QuoteTerms(**terms)


@pytest.mark.parametrize(
    ("action", "decoded"),
    [
        ([-1, -1, -1, -1], [0, 0, 0, 0]),
        ([1, 1, 1, 1], [20, 20, 10, 10]),
        ([0, 0.02, 0, 0.2], [10, 10, 5, 6]),
        ([-7, 99, 2, -1.01], [0, 20, 10, 0]),
    ],
)
def test_a_number_is_rounded_to_the_nearest_integer_and_clipped(action: list[float], decoded: list[int]) -> None:
    assert decode_actions(TERMS, action, (4,)).tolist() == decoded


def test_a_discrete_action_is_taken_as_it_is() -> None:
    assert decode_actions(DISCRETE, np.array([20, 0, 10, 3]), (4,)).tolist() == [20, 0, 10, 3]


@pytest.mark.parametrize(
    ("terms", "action", "text"),
    [
        (TERMS, [0, math.nan, 0, 0], "action: ask offset nan: want finite numbers"),
        (TERMS, [0, 0, 0, math.inf], "action: ask lots inf"),
        (TERMS, [0, 0, 0], r"action of shape \(3,\): want shape \(4,\)"),
        (TERMS, "buy", "action 'buy': want finite numbers"),
        (DISCRETE, [0, 0, 0, 11], r"ask lots 11.0: want integers from 0 to \[20, 20, 10, 10\]"),
        (DISCRETE, [0, 0, 0.5, 1], "bid lots 0.5: want integers"),
        (DISCRETE, [-1, 0, 1, 1], "bid offset -1.0: want integers"),
    ],
)
def test_a_bad_action_is_refused_with_what_is_allowed(terms: QuoteTerms, action: object, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        decode_actions(terms, action, (4,))


def test_actions_in_any_memory_order_become_rows_in_c_order() -> None:
    """A kernel reads them as they lie in memory."""
    for actions in (np.broadcast_to(np.array([20, 0, 10, 3]), (2, 4)), np.array([[20, 0, 10, 3]] * 2, order="F")):
        decoded = decode_actions(DISCRETE, actions, (2, 4))
        assert decoded.flags.c_contiguous and decoded.tobytes() == np.array([[20, 0, 10, 3]] * 2).tobytes()


def test_a_bad_action_among_many_names_its_book() -> None:
    actions = np.zeros((3, 4))
    actions[2, 1] = np.nan
    with pytest.raises(ValueError, match="action of book 2: ask offset nan"):
        decode_actions(TERMS, actions, (3, 4))


@pytest.mark.parametrize(
    ("terms", "action", "lots"),
    [(TERMS, [0.5], 5), (TERMS, -1, -10), (TERMS, [-9.0], -10), (DISCRETE, 10, 0), (DISCRETE, 0, -10)],
)
def test_a_taker_buys_above_zero_and_sells_below(terms: QuoteTerms, action: object, lots: int) -> None:
    assert decode_take(terms, action) == lots


@pytest.mark.parametrize(
    ("terms", "action", "text"),
    [
        (TERMS, [math.nan], "action nan: want one finite number in -1..1"),
        (TERMS, [0, 0], r"action of shape \(2,\)"),
        (TERMS, "sell", "action 'sell'"),
        (DISCRETE, 21, r"action 21.0: want one integer in 0..20"),
        (DISCRETE, 0.5, "action 0.5: want one integer"),
    ],
)
def test_a_bad_action_of_a_taker_is_refused(terms: QuoteTerms, action: object, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        decode_take(terms, action)
