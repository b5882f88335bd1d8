"""Instruments as questions show them: those that are listed, and those that a book has had last."""

from exchange.clearing_codes import Life
from exchange.engine.instrument_rows import instruments, known_instruments
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
