"""Timing passes repeat from one warm state and notice a wrong result."""

from dataclasses import replace

import numpy as np
import pytest

from bench.bench_engine import kind_costs, per_command
from bench.flows.flow import FLOWS
from bench.flows.flow_book import CANCEL
from bench.warm_engine import BATCH_ROWS, WarmEngine, WrongResult, prepare_engine, without_client_ids

SMALL = replace(FLOWS["mixed"], commands=700, warm_orders=300, accounts=10)


@pytest.fixture
def warm() -> WarmEngine:
    return prepare_engine(SMALL, "medium")


def test_every_pass_ends_in_the_same_state_as_the_verified_one(warm: WarmEngine) -> None:
    counts = warm.verify()
    assert counts["FILL"] == 2 * warm.flow.fills and "REJ" not in counts
    verified = warm.hash
    times = [warm.time_pass() for _ in range(2)]
    assert warm.hash == verified and all(len(part) == 2 and part.min() > 0 for part in times)


def test_engine_that_trades_otherwise_is_wrong_however_fast(warm: WarmEngine) -> None:
    warm.flow.steps["fills"][0] += 1
    with pytest.raises(WrongResult, match="trades and 0 refusals, expected"):
        warm.verify()


def test_refused_command_is_a_wrong_result(warm: WarmEngine) -> None:
    warm.rows["account"][np.flatnonzero(warm.flow.steps["kind"] == CANCEL)[-1]] = 60
    with pytest.raises(WrongResult, match="1 refusals"):
        warm.verify()


def test_pass_that_ends_elsewhere_is_a_wrong_result(warm: WarmEngine) -> None:
    warm.time_pass()
    warm.rows["lots"][-1] += 1
    with pytest.raises(WrongResult, match="before it was"):
        warm.time_pass()


def test_flow_by_order_id_makes_the_same_trades(warm: WarmEngine) -> None:
    warm.verify()
    variant = without_client_ids(warm)
    assert variant.verify()["FILL"] == 2 * warm.flow.fills
    assert not variant.rows["client_order_id_0"].any() and variant.hash != warm.hash


def test_costs_of_kinds_are_found_again_from_batches_made_of_them() -> None:
    warm = prepare_engine(replace(SMALL, commands=20 * BATCH_ROWS, warm_orders=100), "medium")
    steps = warm.flow.steps.reshape(20, BATCH_ROWS)
    costs = np.array([40, 30, 50, 60])
    times = costs[steps["kind"]].sum(axis=1) + 20 * steps["fills"].sum(axis=1)
    found = kind_costs(warm, times)
    assert found == pytest.approx({"add": 40, "cancel": 30, "replace": 50, "aggressive": 60, "trade": 20}, rel=0.01)


def test_figures_are_per_command(warm: WarmEngine) -> None:
    passes = [np.array([BATCH_ROWS * 50, 188 * 70]), np.array([BATCH_ROWS * 80, 188 * 50])]
    figures = per_command(warm, passes)
    costs = [(BATCH_ROWS * 50 + 188 * 70) / 700, (BATCH_ROWS * 80 + 188 * 50) / 700]
    assert (figures["pass"].least, figures["pass"].p99, figures["pass"].count) == (*costs, 2)
    assert figures["least_of_parts_ns"] == 50
    assert (figures["batch"].least, figures["batch"].count) == (50, 2)
