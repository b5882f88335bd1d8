"""Kernels that run many books: recorded rows give each book what an engine of its own gives."""

import numpy as np
import pytest

from bench.many.books import MARKET, Books, flow_rows, join_rows, opened_state
from bench.many.play import apply_rows_directly, hash_event
from exchange.engine.engine import Engine
from exchange.kernel import kernel
from exchange.limits import NAMED
from exchange.machine import row_at
from exchange.records import COMMAND, EVENT, blank_rows
from tests.bench.many.noise_twin import hash_events


@kernel
def _hash_of(rows, value):
    return hash_event(value, row_at(rows, 0))


def orders(book: int, count: int) -> np.ndarray:
    """Orders that rest and trade, and cancels of which some are refused; other ones for each book."""
    rng = np.random.default_rng(book)
    rows = np.zeros(count, COMMAND)
    rows["kind"] = rng.choice([1, 1, 1, 3], count)
    rows["account"], rows["instrument"] = rng.integers(1, 17, count), 1
    rows["side"], rows["tif"] = rng.integers(0, 2, count), rng.choice([0, 3], count)
    rows["price"], rows["lots"] = rng.integers(440, 461, count), rng.integers(1, 9, count)
    rows["client_order_id_0"] = rng.integers(1, 30, count)
    return rows


def test_each_book_comes_to_what_an_engine_of_its_own_comes_to() -> None:
    books = Books(3)
    rows, starts, stops = join_rows([orders(book, 40 * book) for book in range(3)], int(books.states["sequence"][0]))
    results = books.play(rows, starts, stops)
    for book in range(3):
        engine = Engine(NAMED["small"], opened_state(MARKET, "small").copy().view(books.states.dtype))
        events = engine.apply(rows[starts[book] : stops[book]])
        fills = events[events["kind"] == 4]
        refused = np.isin(events["kind"], (2, 7, 8, 25)).sum()
        assert engine.states.tobytes() == books.state(book).tobytes()
        expected = (40 * book, len(events), len(fills), fills["lots"].sum(), refused, hash_events(0, events), 1)
        names = ("rows", "events", "fills", "fill_lots", "refused", "event_hash", "done")
        assert tuple(results[book][name] for name in names) == expected
    assert results["refused"].any() and results["fills"].any()


def test_results_have_the_best_prices_and_say_which_side_is_empty() -> None:
    books = Books(2)
    order = orders(0, 1)
    order["kind"], order["side"], order["price"], order["lots"], order["tif"] = 1, 1, 455, 7, 0
    results = books.play(*join_rows([order, order[:0]], int(books.states["sequence"][0])))
    assert results["best_lots"].tolist() == [[0, 7], [0, 0]] and results["best_tick"][0, 1] == 455


def test_own_commands_come_before_the_messages_of_a_step() -> None:
    one, other = Books(1), Books(1)
    action = orders(0, 1)
    action["kind"], action["tif"] = 1, 1
    none, single = np.zeros(1, np.int64), np.ones(1, np.int64)
    one.step(flow_rows(1), 5, action, none, single)
    other.step(flow_rows(1), 0, action, none, single)
    other.step(flow_rows(1), 5)
    assert one.states.tobytes() == other.states.tobytes() and one.results["rows"] == 6


@pytest.mark.parametrize("word", range(16))
def test_the_hash_of_events_sees_every_word(word: int) -> None:
    event = blank_rows(EVENT, 1)
    blank = int(_hash_of(event, np.uint64(1)))
    event.view("<u8")[word] = 1 << 63
    assert _hash_of(event, np.uint64(1)) == hash_events(1, event) != blank


def test_on_a_gpu_the_engine_itself_takes_the_place_of_its_address() -> None:
    books, other = Books(1), Books(1)
    rows, starts, stops = join_rows([orders(1, 20)], int(books.states["sequence"][0]))
    books.play(rows, starts, stops)
    assert apply_rows_directly(0, other.states, rows, 0, 20, other.outs) == 20
    assert books.states.tobytes() == other.states.tobytes()
