"""Independent markets in turn: a market is the same in any company and in any task."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bench.many.books import Books, flow_rows
from bench.many.markets import TOGETHER, run_markets, spread_markets


def test_each_market_is_made_anew_and_has_its_number_as_seed() -> None:
    results = run_markets(5, TOGETHER + 2, 25)
    assert len(results) == TOGETHER + 2 and (results["rows"] == 25).all()
    assert np.array_equal(results[TOGETHER:], run_markets(5 + TOGETHER, 2, 25))
    books = Books(1)
    books.streams["word"] = 5
    assert books.step(flow_rows(1), 25)[0] == results[0]


def test_parameters_of_the_flow_are_passed_on() -> None:
    assert (run_markets(0, 1, 50, take_weight=0)["fills"] == 0).all() and run_markets(0, 1, 50)["fills"][0] > 0


def test_tasks_together_give_all_markets_in_order() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert np.array_equal(spread_markets(pool, 3, 20, 10), run_markets(0, 20, 10))
