"""The flow in a kernel draws what its slow twin draws, and a book of it stays in balance."""

import numpy as np
import pytest

from bench.many.books import MARKET, USUAL_FLOW, Books, flow_rows, opened_state
from exchange.engine.engine import Engine
from exchange.limits import NAMED
from exchange.records import COMMAND
from tests.bench.many.noise_twin import Stream, hash_events, message

MESSAGES = 150


@pytest.mark.parametrize("seed", [1, 2])
def test_books_do_what_an_engine_does_with_the_messages_of_the_twin(seed: int) -> None:
    """Every byte of state, and the hash of all events."""
    books = Books(2, seed=seed)
    results = books.step(flow_rows(2), MESSAGES)
    for book in range(2):
        engine = Engine(NAMED["small"], opened_state(MARKET, "small").copy().view(books.states.dtype))
        stream, value, count = Stream((seed << 32) + book), 0, 0
        for _ in range(MESSAGES):
            events = engine.apply(message(engine.states, USUAL_FLOW, stream))
            value, count = hash_events(value, events), count + len(events)
        assert engine.states.tobytes() == books.state(book).tobytes()
        assert (value, count) == (results["event_hash"][book], results["events"][book])
        assert stream.word == books.streams["word"][book]


def test_a_book_fills_around_the_middle_and_then_stays_in_balance() -> None:
    books = Books(4)
    flows = flow_rows(4)
    books.step(flows, 20)
    assert (np.abs(books.results["best_tick"] - USUAL_FLOW["middle_tick"]) <= USUAL_FLOW["depth_ticks"]).all()
    books.step(flows, 3_000)
    before = (books.states["orders"]["state"] != 0).sum(axis=1)
    books.step(flows, 3_000)
    after = (books.states["orders"]["state"] != 0).sum(axis=1)
    balance = (USUAL_FLOW["add_weight"] - USUAL_FLOW["take_weight"]) / USUAL_FLOW["cancel_weight"]
    assert ((before > 0.7 * balance) & (after > 0.7 * balance) & (after < 1.3 * balance)).all()
    assert not books.results["refused"].any() and (books.results["fills"] > 600).all()


def test_the_flow_never_cancels_the_orders_of_other_accounts() -> None:
    books, flows = Books(1), flow_rows(1, cancel_weight=1_000, add_weight=1, take_weight=0, first_account=2, accounts=5)
    own = np.zeros(3, COMMAND)
    own["kind"], own["account"], own["instrument"], own["lots"], own["tif"] = 1, [1, 7, 16], 1, 1, 1
    own["price"] = [400, 401, 402]
    books.step(flows, 500, own, np.zeros(1, np.int64), np.array([3]))
    orders = books.states["orders"][0]
    assert np.isin(orders["account"][orders["state"] != 0], [1, 7, 16]).sum() == 3
