"""EVENT rows that controls make."""

from exchange.codes import EventKind
from exchange.engine.control.events import accounts_defined, control_events, instruments_listed
from exchange.engine.state import new_state
from exchange.limits import MEDIUM


def state_at(sequence: int):
    state = new_state(MEDIUM)[0]
    state.sequence, state.time_ns = sequence, 10 * sequence
    state.books["settle_tick"][1:4] = 101, 102, 103
    return state


def test_rows_have_the_sequence_time_and_kind_of_the_running_control():
    rows = control_events(state_at(5), EventKind.ORDER_RESTED, 2)
    assert rows[["sequence", "time_ns", "kind"]].tolist() == [(5, 50, EventKind.ORDER_RESTED)] * 2
    assert len(control_events(state_at(5), EventKind.ORDER_RESTED, 0)) == 0


def test_each_account_has_its_row():
    assert accounts_defined(state_at(5), [7, 3])["account"].tolist() == [7, 3]
    assert len(accounts_defined(state_at(5), [])) == 0


def test_listed_books_say_their_settlement_and_number_the_instruments_channel():
    state = state_at(5)
    assert instruments_listed(state, [3, 1])[["instrument", "price"]].tolist() == [(3, 103), (1, 101)]
    assert state.listed_sequence == 5


def test_without_a_book_the_instruments_channel_takes_no_number():
    state = state_at(5)
    assert len(instruments_listed(state, [])) == 0 and state.listed_sequence == 0
