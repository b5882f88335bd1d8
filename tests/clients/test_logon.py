"""What a logon says."""

import pytest

from clients.errors import NotLive
from clients.logon import check_sendable
from clients.refusals.kinds import AccessRefused
from exchange.wire.messages import CancelAll, CancelOnDisconnect, Ping
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


@pytest.mark.rule("MARGIN-017")
def test_margin_is_asked_for_at_each_logon() -> None:
    venue = ScriptedVenue(margin=True)
    for _ in range(2):
        venue.core.opened(venue.now)
        venue.says(HELLO | {"v": "1.9"})
        (auth,) = venue.heard()
        assert auth["margin"] is True
        venue.says(WELCOME | {"re": auth["id"]}, SNAPSHOT, LIVE)
        venue.core.closed(1006, "")
    plain = ScriptedVenue()
    plain.core.opened(plain.now)
    plain.says(HELLO)
    assert "margin" not in plain.heard()[0], "an older venue would refuse the key"


@pytest.mark.rule("WIRE-040")
@pytest.mark.parametrize(
    ("version", "margin", "reason"),
    [
        ("1.0", False, ""),
        ("1.10", True, ""),
        ("1.8", True, "the venue speaks version 1.8, margin=True needs 1.9"),
        ("2.0", False, "the venue speaks version 2.0, not 1"),
    ],
)
def test_a_venue_of_another_version_is_left_with_the_reason(version: str, margin: bool, reason: str) -> None:
    venue = ScriptedVenue(margin=margin)
    venue.core.opened(venue.now)
    venue.says(HELLO | {"v": version})
    assert venue.core.close_wanted == reason and venue.core.final == bool(reason)
    assert bool(venue.heard()) != bool(reason), "it does not log on there"


def test_margin_without_a_key_is_refused_before_it_connects() -> None:
    with pytest.raises(ValueError, match="margin=True follows the margin of a key's accounts"):
        ScriptedVenue(key="", margin=True)


def test_what_no_venue_would_serve_is_not_sent() -> None:
    with pytest.raises(NotLive, match="was not sent"):
        check_sendable(Ping(request_id=1), live=False, has_key=True)
    with pytest.raises(AccessRefused, match="connect with key and secret") as caught:
        check_sendable(CancelAll(request_id=1), live=True, has_key=False)
    assert caught.value.is_local
    check_sendable(Ping(request_id=1), live=True, has_key=False)
    check_sendable(CancelAll(request_id=1), live=True, has_key=True)
