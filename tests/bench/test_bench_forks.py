"""Copies and views are checked before they are measured."""

from dataclasses import replace

import pytest
from rich.table import Table

from bench.bench_forks import BOOK, check_fork, check_views, measure
from bench.flows.flow import FLOWS, make_flow
from bench.record import Report
from bench.warm_engine import WarmEngine, prepare_engine_for


@pytest.fixture
def warm() -> WarmEngine:
    return prepare_engine_for(
        make_flow(replace(FLOWS["mixed"], commands=300, warm_orders=200, accounts=30, seed=3)), "medium"
    )


def test_a_figure_for_each_cost(warm: WarmEngine) -> None:
    report = Report(True, Table("what", "figure", "detail"))
    measure(report, "forks", warm)
    assert report.table.row_count == len(report.figures["forks"]) == 6
    assert all(figure["least"] > 0 for figure in report.figures["forks"].values())


def test_a_book_that_differs_from_its_orders_is_seen(warm: WarmEngine) -> None:
    assert check_views(warm.engine) > 20
    slot = int(warm.engine.states["levels"]["head"][0].max())
    warm.engine.states["orders"]["shown_lots"][0, slot] += 1
    with pytest.raises(AssertionError, match="depth differs"):
        check_views(warm.engine)


def test_a_byte_that_a_fork_does_not_have_is_seen(warm: WarmEngine) -> None:
    check_fork(warm)
    warm.engine.states["levels"]["head"][0, -9_000] = 7
    warm.start = warm.engine.states.view("u1").copy()
    with pytest.raises(AssertionError, match="a fork differs"):
        check_fork(warm)


def test_the_book_is_the_one_that_the_flow_fills(warm: WarmEngine) -> None:
    assert warm.engine.states["books"]["volume_lots"][0, BOOK] >= 0 and warm.flow.parameters.books == BOOK
