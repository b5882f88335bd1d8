"""Orders that leave together: oldest first, however they were found, one a step (ORDER-014)."""

import pytest

from exchange.limits import STEP_EVENTS
from tests.played import play

# Levels of both sides, parked, stops that wait; a replace moves an order in its queue, not in the order of entry.
EVERYWHERE = "e S1@105; d B1@95; c B1@79 gtc; b B1 stop=110; a B1@96; f M2 S1@104; R d 2@94"
PARAMETERS = "limit=20 ltp=100"


@pytest.mark.rule("ORDER-014")
@pytest.mark.parametrize("message", ["K a", "D 1 all acct=a"])
def test_orders_leave_in_order_of_entry_wherever_they_stand(message: str) -> None:
    events = play(message, EVERYWHERE, PARAMETERS).events
    assert [event.split()[1] for event in events[1:]] == ["e", "d", "c", "b", "a", "f"]


@pytest.mark.rule("ORDER-014", "INV-020")
@pytest.mark.parametrize("message", ["K a", "SS closed"])
def test_a_queue_longer_than_the_event_buffer_leaves_in_the_same_order(message: str) -> None:
    before = "; ".join(f"o{number} B1@{99 - number * 7 % 10}" for number in range(2 * STEP_EVENTS))
    short = play(message, before, capacity=STEP_EVENTS)
    left = [event.split()[1] for event in short.events if event.startswith("CXL")]
    assert left == [f"o{number}" for number in range(2 * STEP_EVENTS)]
    assert short.events == play(message, before).events
    assert not short.engine.states["scratch"].any() and not short.engine.states["cursor"]["step"][0]
