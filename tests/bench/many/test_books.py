"""Many equal markets: opened alike, independent of each other, of threads and of how steps are divided."""

import numpy as np
import pytest

from bench.many.books import NO_ROWS, Books, engine_code, flow_rows, join_rows, opened_state, used_parts
from bench.tapes.market import DEPOSIT_MILLS, PlainMarket
from exchange.codes import MarketState
from exchange.engine import query
from exchange.limits import NAMED
from exchange.records import COMMAND


def test_all_books_begin_open_and_funded() -> None:
    books = Books(3)
    assert all(query.market_state(books.state(book), 1) == MarketState.OPEN for book in range(3))
    assert query.margin(books.state(2), 16).cash_mills == DEPOSIT_MILLS
    assert (books.states.view(np.uint8).reshape(3, -1) == books.opened).all()


@pytest.mark.rule("GPU-002")
def test_a_book_depends_on_its_seed_and_on_nothing_else() -> None:
    alone, among, threads, other = Books(2), Books(9), Books(9), Books(2, seed=2)
    among.step(flow_rows(9), 60)
    threads.step(flow_rows(9), 60, threads=3)
    for part in (20, 40):
        alone.step(flow_rows(2), part)
    other.step(flow_rows(2), 60)
    assert np.array_equal(alone.results, among.results[:2]) and np.array_equal(among.results, threads.results)
    assert alone.states.tobytes() == among.states[:2].tobytes() != other.states.tobytes()
    assert len(set(among.results["event_hash"].tolist())) == 9


def test_a_reset_book_is_as_it_was_at_first() -> None:
    books = Books(2)
    first = books.step(flow_rows(2), 30).copy()
    books.reset([1])
    books.streams["word"][1] = (1 << 32) + 1
    books.step(flow_rows(2), 30)
    assert books.results["rows"].tolist() == [60, 30] and books.results[1] == first[1]
    books.reset()
    books.seed(1)
    assert np.array_equal(books.step(flow_rows(2), 30), first)


def test_parameters_of_the_flow_are_a_books_own() -> None:
    books, flows = Books(2), flow_rows(2)
    flows["lots_max"][1] = 1
    books.step(flows, 50)
    assert (
        books.states["orders"]["order_lots"].max(axis=1).tolist()[1]
        == 1
        < books.states["orders"]["order_lots"][0].max()
    )


def test_rows_are_numbered_for_each_book() -> None:
    rows, starts, stops = join_rows([np.zeros(2, COMMAND), np.zeros(0, COMMAND), np.zeros(1, COMMAND)], 40)
    assert rows["sequence"].tolist() == [41, 42, 41] and starts.tolist() == [0, 2, 2] and stops.tolist() == [2, 2, 3]


@pytest.mark.parametrize(
    ("starts", "stops", "message"),
    [
        (np.zeros(2, np.int64), np.array([0, 3]), "0 <= start <= stop <= 2"),
        (np.array([-1, 0]), np.array([0, 0]), "0 <= start <= stop <= 2"),
        (np.array([1, 0]), np.array([0, 0]), "0 <= start <= stop <= 2"),
        (np.zeros(1, np.int64), np.zeros(2, np.int64), "starts: int64"),
        (np.zeros(2, np.int64), np.zeros(2, np.int32), "stops: int32"),
    ],
)
def test_bounds_that_kernels_could_not_check_are_refused(starts: np.ndarray, stops: np.ndarray, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        Books(2).play(np.zeros(2, COMMAND), starts, stops)


def test_rows_and_flows_of_another_layout_are_refused() -> None:
    books, none = Books(2), np.zeros(2, np.int64)
    with pytest.raises(TypeError, match="whole COMMAND rows"):
        books.play(np.zeros(4, COMMAND)[::2], none, none)
    for flows in (flow_rows(1), flow_rows(4)[::2], np.broadcast_to(flow_rows(1), 2)):
        with pytest.raises(TypeError, match=r"FLOW rows in a row, shape \(2,\)"):
            books.step(flows, 1)
    with pytest.raises(TypeError, match="whole COMMAND rows"):
        books.step(flow_rows(2), 1, np.zeros(1), none, none)


@pytest.mark.parametrize(
    "weights", [{"add_weight": 1 << 32}, {"take_weight": -1}, {"cancel_weight": 1 << 24}, {"add_weight": (1 << 63) - 1}]
)
def test_weights_that_32_random_bits_cannot_choose_from_are_refused(weights: dict[str, int]) -> None:
    books, flows = Books(2), flow_rows(2)
    for name, value in weights.items():
        flows[name][1] = value
    with pytest.raises(ValueError, match=r"flow of book 1: add_weight .* \+ 511 \* cancel_weight below 4294967296"):
        books.step(flows, 1)
    most = flow_rows(2, add_weight=(1 << 32) - 1 - 511 * 8_000_000, take_weight=0, cancel_weight=8_000_000)
    assert books.step(most, 20)["rows"].tolist() == [20, 20]


def test_an_error_in_a_thread_reaches_the_caller() -> None:
    books, flows = Books(2), flow_rows(2)
    flows["instrument"][1] = 99
    with pytest.raises(IndexError):
        books.step(flows, 1, threads=2)


def test_the_engine_is_compiled_and_the_market_opened_once() -> None:
    market = PlainMarket(1, 900, 450, accounts=16)
    assert opened_state(market, "small") is opened_state(PlainMarket(1, 900, 450, accounts=16), "small")
    assert engine_code(NAMED["small"]) == engine_code(NAMED["small"]) and len(NO_ROWS) == 0


def test_used_parts_are_whole_pages_without_gaps() -> None:
    data = np.zeros(10_000, np.uint8)
    assert used_parts(data) == []
    data[[1, 4_097, 9_999]] = 1
    assert used_parts(data) == [(0, 10_000)]
    data[4_097] = 0
    assert used_parts(data) == [(0, 4_096), (8_192, 10_000)]
