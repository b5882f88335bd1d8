"""What is kept of sessions."""

import pytest

from exchange.reference.sessions import Sessions


@pytest.mark.rule("SESS-007")
def test_the_last_request_is_the_highest() -> None:
    sessions = Sessions(8)
    for request in (3, 7, 5):
        sessions.note_request(1, request)
    assert sessions.last_request == {1: 7}


def test_a_row_belongs_to_its_first_session_until_another_is_opened_there() -> None:
    sessions = Sessions(8)
    sessions.note_request(1, 4)
    sessions.note_request(9, 5)
    assert sessions.last_request == {1: 4}, "9 shares the row of 1"
    assert sessions.open(9, account=2) == 1
    assert (sessions.last_request, sessions.opened_by) == ({}, {9: 2})
    assert sessions.claim_row(9)
    assert not sessions.claim_row(1)


def test_a_session_that_is_resumed_keeps_its_row() -> None:
    sessions = Sessions(8)
    assert [sessions.open(1, account=2), sessions.open(1, account=2)] == [None, None]
    sessions.note_request(1, 4)
    assert sessions.open(1, account=2) is None
    assert sessions.last_request == {1: 4}


def test_nothing_is_kept_of_a_session_without_a_row() -> None:
    sessions = Sessions(8)
    for session in (0, 8):
        assert sessions.open(session, account=1) is None
        sessions.note_request(session, 3)
    assert (sessions.last_request, sessions.opened_by, sessions.holders) == ({}, {}, {})
