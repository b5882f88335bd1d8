"""Heaps of waiting orders against a sorted list."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.book.check import heap_nodes
from exchange.book.heap import is_waiting, push_node, remove_node, slot_of_node, time_node
from exchange.engine.state import new_state
from exchange.limits import MEDIUM

# (what to do, which node, key): put it in, take it out, take the first out.
STEPS = st.lists(st.tuples(st.sampled_from("iiirp"), st.integers(1, 40), st.integers(-5, 5)), max_size=120)


@given(steps=STEPS)
@settings(max_examples=60)
@pytest.mark.rule("INV-030")
def test_the_first_of_a_heap_is_the_smallest_whatever_came_and_went(steps: list[tuple[str, int, int]]) -> None:
    states = new_state(MEDIUM)
    state, root, inside = states[0], 0, dict[int, int]()
    state.orders["stamp"][:] = np.arange(len(state.orders))[::-1]
    for what, node, key in steps:
        if what == "p" and inside:
            node = root
            assert min((inside[other], -other) for other in inside) == (inside[root], -root), "ties by stamp"
        if what == "i" and node not in inside:
            root, inside[node] = int(push_node(state, root, node, key)), key
        elif what in "rp" and node in inside:
            root = int(remove_node(state, root, node))
            del inside[node]
        assert bool(is_waiting(state, node)) == (node in inside)
        assert sorted(heap_nodes(state, root)) == sorted(inside)
    for node in list(inside):
        root = int(remove_node(state, root, node))
    assert root == 0 and not state.heap.view(np.ndarray).tobytes().strip(b"\0"), "nothing is left behind"


@pytest.mark.rule("INV-030")
def test_a_node_of_many_is_few_steps_from_the_edge() -> None:
    """Ranks bound the work of every change: the right edge of n nodes is at most log2(n + 1) long."""
    states = new_state(MEDIUM)
    state, root = states[0], 0
    for node in range(1, 1_001):
        root = int(push_node(state, root, node, node * 7919 % 1_009))
    assert int(state.heap[root].rank) <= 9


def test_each_order_has_two_nodes() -> None:
    state = new_state(MEDIUM)[0]
    assert int(time_node(state, 5)) != 5
    assert int(slot_of_node(state, time_node(state, 5))) == int(slot_of_node(state, 5)) == 5
