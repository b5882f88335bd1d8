"""To which side each kind of agent leans, by what it sees in the engine's books."""

import numpy as np
import pytest

from bench.flows.market.agents import chip_dearness, lean_of, router_share, start_parent
from bench.flows.market.layout import (
    ARBITRAGE,
    DESK,
    FIRST_AGENT,
    LAB,
    LENGTH_MAX,
    MOMENTUM,
    OPERATOR,
    ROUTER,
    VALUE,
)
from bench.flows.market.process import compute_market
from bench.flows.stepping import opening_of, run_steps
from bench.tapes.market import engine_at
from exchange.kernel import bind

FRONT, FRONT_B200 = 2, 9


@pytest.fixture
def market() -> tuple[np.record, np.record]:
    """State and world with every book quoted."""
    process = compute_market(1)
    opening = opening_of(process)
    engine = engine_at(opening, len(opening.commands))
    run_steps(process, engine, 200)
    return engine.states[0], process.worlds[0]


def test_what_is_dear_is_sold(market: tuple[np.record, np.record]) -> None:
    state, world = market
    for kind in (OPERATOR, LAB, VALUE):
        world.chips[0].worth = 0.08  # the books are still at the old prices: cheap
        assert lean_of(state, world, FRONT, kind, FIRST_AGENT) > 0.1, kind
        world.chips[0].worth = -0.08
        assert lean_of(state, world, FRONT, kind, FIRST_AGENT) < -0.1, kind
    assert lean_of(state, world, FRONT, DESK, FIRST_AGENT) == 0


def test_momentum_goes_with_the_mid(market: tuple[np.record, np.record]) -> None:
    state, world = market
    world.books[FRONT].slow_mid = 2_790.0
    assert lean_of(state, world, FRONT, MOMENTUM, FIRST_AGENT) > 0.5
    world.books[FRONT].slow_mid = 2_830.0
    assert lean_of(state, world, FRONT, MOMENTUM, FIRST_AGENT) < -0.5


def test_arbitrage_sells_the_book_that_is_dear_against_its_chip(market: tuple[np.record, np.record]) -> None:
    state, world = market
    world.books[FRONT].anchor *= 0.98  # its mid is now 2 % above worth, those of other books are not
    assert lean_of(state, world, FRONT, ARBITRAGE, FIRST_AGENT) < -0.5
    assert lean_of(state, world, FRONT + 1, ARBITRAGE, FIRST_AGENT) > 0
    assert 0 < chip_dearness(state, world, 0) < 0.01


def test_routers_go_to_the_chip_whose_useful_hour_became_cheaper(market: tuple[np.record, np.record]) -> None:
    state, world = market
    world.books[FRONT].anchor *= 1.1  # H100 was dearer on the curve than it is now
    assert router_share(state, world, 0) > 0.1 and router_share(state, world, 1) < -0.1
    assert (
        lean_of(state, world, FRONT, ROUTER, FIRST_AGENT) > 0 > lean_of(state, world, FRONT_B200, ROUTER, FIRST_AGENT)
    )


def test_parents_have_both_sides_all_kinds_and_a_largest_length(market: tuple[np.record, np.record]) -> None:
    state, world = market
    parents, start = [], bind(start_parent, state, world, FRONT, 0)
    for _ in range(3_000):
        start(state, world, FRONT, 0)
        parent = world.books[FRONT].parents[0]
        parents.append((int(parent.side), int(parent.account), int(parent.left)))
    sides, accounts, lengths = (np.array(column) for column in zip(*parents, strict=True))
    assert sides.mean() == pytest.approx(0.5, abs=0.06)
    assert len(np.unique(accounts)) == 28 and lengths.min() >= 1 and lengths.max() <= LENGTH_MAX
