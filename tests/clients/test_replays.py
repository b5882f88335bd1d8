"""Ranges of the past, in the middle of what is new."""

import pytest

from exchange.wire.messages import Replay
from tests.clients.scripted_venue import EXEC_NEW, FILL, HELLO, LIVE, WELCOME, ScriptedVenue


def kinds(events: list[object]) -> list[str]:
    return [type(event).__name__ for event in events]


@pytest.mark.rule("RECOV-014")
def test_a_replay_ends_with_its_last_message_and_changes_nothing() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    venue.says(EXEC_NEW | {"s": 1042})
    request_id = venue.core.send(Replay(request_id=1, first_sequence=1041, last_sequence=1042))
    assert venue.says({"t": "ok", "re": request_id, "from": 1041, "to": 1042}) == []
    assert venue.says(FILL | {"s": 1041, "rp": True}) == []
    assert kinds(venue.says(FILL | {"s": 1043})) == ["Filled"], "what is new goes its own way"
    (answer,) = venue.says({"t": "rp_end", "re": request_id, "to": 1042})
    assert [message.sequence for message in answer.replayed] == [1041]
    assert venue.core.accounts[7].sequence == 1043


def test_a_replay_is_forgotten_with_its_connection() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    request_id = venue.core.send(Replay(request_id=1, first_sequence=1, last_sequence=2))
    venue.says({"t": "ok", "re": request_id, "from": 1, "to": 2})
    venue.core.closed(1006, "")
    assert request_id not in venue.core.requests.pending
    venue.core.opened(venue.now)
    venue.says(HELLO)
    (auth,) = venue.heard()
    resumed = WELCOME | {"re": auth["id"], "resumed": True}
    events = venue.says(resumed, EXEC_NEW | {"s": 1042, "rp": True}, LIVE | {"s": 1042})
    assert kinds(events) == ["OrderChanged", "Reconnected"], "missed events are marked alike"
