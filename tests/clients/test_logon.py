"""What a logon says."""

import pytest

from exchange.wire.messages import CancelOnDisconnect
from tests.clients.scripted_venue import HELLO, LIVE, SNAPSHOT, WELCOME, ScriptedVenue


@pytest.mark.rule("SESS-020")
def test_terms_that_were_changed_are_asked_for_at_the_next_logon() -> None:
    venue = ScriptedVenue()
    venue.log_on()
    request_id = venue.core.send(CancelOnDisconnect(request_id=1, mode="account", grace_ms=0))
    venue.says({"t": "ok", "re": request_id})
    venue.core.closed(1006, "")
    venue.core.opened(venue.now)
    venue.says(HELLO)
    (auth,) = venue.heard()
    assert auth["cod"] == {"mode": "account", "orders": "all", "on": "drop", "grace_ms": 0}


def test_a_stop_announced_while_logging_on_still_says_when_to_come_back() -> None:
    venue = ScriptedVenue()
    venue.core.opened(venue.now)
    venue.says(HELLO, {"t": "shutdown", "at": 1799672400000000, "why": "deploy", "reconnect_ms": [500, 5000]})
    (auth,) = venue.heard()
    venue.says(WELCOME | {"re": auth["id"]}, SNAPSHOT, LIVE)
    assert venue.core.live and venue.core.retry_ms == (500, 5000)
    venue.core.closed(1001, "")
    assert venue.core.retry_ms == (500, 5000)
    venue.core.opened(venue.now)
    assert venue.core.retry_ms is None
