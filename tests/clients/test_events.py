"""Events of a session are values: they do not change after they were queued."""

import pytest
from msgspec.structs import fields

from clients import events
from clients.events import Connected, Disconnected, Gap, Overflow, Reconnected, Replied
from exchange.wire.messages import Ok, Ping


@pytest.mark.parametrize(
    "event",
    [Connected("s_1"), Reconnected(True), Disconnected(1006, "gone"), Gap("trades 1", 4, 6), Overflow(3)],
    ids=lambda event: type(event).__name__,
)
def test_an_event_cannot_be_changed(event: object) -> None:
    name = fields(event)[0].name  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        setattr(event, name, None)


def test_equal_events_are_equal() -> None:
    assert Gap("trades 1", 4, 6) == Gap("trades 1", 4, 6) != Gap("trades 1", 4, 7)


def test_a_disconnect_is_final_only_if_it_says_so() -> None:
    assert not Disconnected(1006, "gone").final and Disconnected(4002, "logon refused", True).final


def test_only_the_reply_to_a_replay_has_messages() -> None:
    assert Replied(Ping(request_id=1), Ok(1)).replayed == ()


def test_every_event_explains_itself() -> None:
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type) and kind.__module__ == events.__name__]
    assert len(kinds) >= 11 and all(kind.__doc__ for kind in kinds)
