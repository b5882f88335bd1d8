"""The drop copy as a client takes it: in order, each number once, a gap ends the connection."""

from typing import Any

import pytest

from clients.credentials import Ed25519
from clients.drop_copy.copy_core import CopyCore
from clients.events import Connected, Gap, HistoryChanged, Reconnected
from clients.logon import Dial
from exchange.wire.messages import AccountSnapshot, Exec, Fill
from tests.clients.scripted_venue import EXEC_NEW, FILL, HELLO, KEY, SEED, SNAPSHOT, WELCOME, ScriptedVenue

WELCOMED: dict[str, Any] = WELCOME | {"acc": [7, 8], "scopes": ["dc"], "s": [[0, 40]]}
LIVE = {"t": "live", "acc": 0, "s": 40}


def fill(number: int, account: int = 7, **more: Any) -> dict[str, Any]:
    return FILL | {"d": number, "acc": account} | more


class CopyVenue(ScriptedVenue):
    """A venue that says to a desk what a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.core: CopyCore = CopyCore(Dial("localhost", "/v1/dc"), KEY, Ed25519.from_seed(SEED))

    def begin(self, **welcome: Any) -> list[Any]:
        """A new connection until it is live."""
        self.core.opened(self.now)
        events = self.says(HELLO)
        self.asked = self.heard()
        return events + self.says(WELCOMED | welcome)


@pytest.mark.rule("ACCT-010", "RECOV-003")
def test_messages_of_all_accounts_are_one_stream() -> None:
    venue = CopyVenue()
    events = venue.begin() + venue.says(SNAPSHOT, LIVE)
    assert [type(event) for event in events] == [AccountSnapshot, Connected] and venue.core.members == (7, 8)
    events = venue.says(EXEC_NEW | {"d": 41}, fill(42, 8), fill(42, 8), fill(41))
    assert [type(event) for event in events] == [Exec, Fill] and venue.core.sequence == 42
    assert not venue.says({"t": "hb", "ts": 1, "acc": [[0, 42]], "ch": []}) and not venue.core.close_wanted


@pytest.mark.rule("ACCT-010", "RECOV-010", "RECOV-003")
def test_a_gap_ends_the_connection_and_the_next_logon_names_the_last_number() -> None:
    venue = CopyVenue()
    venue.begin()
    venue.says(LIVE, fill(41))
    (gap,) = venue.says(fill(43))
    assert gap == Gap("account 0", 42, 43) and "42 is missing" in venue.core.close_wanted
    venue.core.closed(1000, "")
    events = venue.begin(resumed=True, s=[[0, 43]])
    assert venue.asked[0]["last"] == [[0, 41]] and venue.asked[0]["sid"] == WELCOME["sid"]
    events = venue.says(fill(42, rp=True), fill(43, rp=True), LIVE | {"s": 43})
    assert [type(event) for event in events] == [Fill, Fill, Reconnected] and venue.core.sequence == 43


@pytest.mark.rule("RECOV-013", "SESS-010")
def test_a_silent_loss_and_a_session_that_cannot_be_resumed() -> None:
    venue = CopyVenue()
    venue.begin()
    venue.says(LIVE)
    beat = {"t": "hb", "ts": 1, "acc": [[0, 44]], "ch": []}
    assert venue.says(beat) == [] and isinstance(venue.says(beat)[0], Gap)
    venue.core.closed(1000, "")
    venue.begin(s=[[0, 90]])
    (event,) = venue.says(LIVE | {"s": 90})
    assert event == Reconnected(resumed=False) and venue.core.sequence == 90


@pytest.mark.rule("RECOV-001")
def test_another_history_begins_anew() -> None:
    venue = CopyVenue()
    venue.begin()
    venue.says(LIVE, fill(41))
    venue.core.closed(1000, "")
    venue.core.opened(venue.now)
    (event,) = venue.says(HELLO | {"history": "h_other"})
    assert isinstance(event, HistoryChanged) and venue.core.sequence == 0
    venue.says(WELCOMED | {"s": [[0, 3]]}, LIVE | {"s": 3})
    assert venue.core.live and venue.core.sequence == 3


@pytest.mark.rule("RECOV-010")
def test_a_program_that_starts_again_goes_on_where_it_stopped() -> None:
    venue = CopyVenue()
    venue.core.go_on("s_91c2d07e", 39)
    venue.begin(resumed=True)
    assert venue.asked[0]["last"] == [[0, 39]] and venue.asked[0]["sid"] == "s_91c2d07e"
    assert [type(event) for event in venue.says(fill(40, rp=True), LIVE)] == [Fill, Connected]
