"""Instruments as questions show them: those that are listed, and those that a book has had last."""

import numpy as np

from exchange.clearing_codes import Life
from exchange.engine.instrument_rows import instruments, instruments_of, known_instruments
from tests.ending import F27, Ending


def test_one_that_has_ended_is_known_but_not_listed() -> None:
    market = Ending()
    states = market.pair.fast.engine.states
    assert instruments(states) == known_instruments(states)
    assert [row.index for row in instruments(states)] == [1, 2, 3, 4, 5, 6]
    market.close()
    market.expire(F27)
    assert [row.index for row in known_instruments(states)] == [1, 2, 3, 4, 5, 6]
    assert [row.index for row in instruments(states)] == [2, 3, 4]
    assert known_instruments(states)[0].life == Life.SETTLED
    assert known_instruments(states)[5].legs == ((1, 1), (2, 1), (3, 1))


def test_some_books_are_read_in_the_order_in_which_they_are_asked_for() -> None:
    states = Ending().pair.fast.engine.states
    known = known_instruments(states)
    assert instruments_of(states, np.array([6, 2])) == [known[5], known[1]]
    assert instruments_of(states, np.zeros(0, np.int64)) == []
    assert known[0].symbol == "F27" and known[0].legs == ()
