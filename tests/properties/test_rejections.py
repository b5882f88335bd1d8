"""A refused command changes nothing (ORDER-004)."""

import numpy as np
import pytest

from exchange.codes import EventKind
from exchange.conformance.venues import EngineVenue, ReferenceVenue
from exchange.limits import MEDIUM
from tests.properties.flow import Flow

REFUSALS = (EventKind.ORDER_REJECTED, EventKind.REPLACE_REJECTED, EventKind.CANCEL_REJECTED, EventKind.COMMAND_REFUSED)


@pytest.mark.rule("INV-009")
@pytest.mark.rule("ORDER-004")
def test_a_refused_command_leaves_the_state_hash_unchanged() -> None:
    """All but what says that a command came: sequence, time, the session's last request, the stream's number."""
    venue, flow, looked_at = EngineVenue(MEDIUM), Flow(5), ReferenceVenue()
    engine = venue.engine
    for kind, step in flow.openings():
        _both(venue, looked_at, kind, step)
    refused = 0
    for _ in range(500):
        kind, step = flow.next(looked_at.market)
        before = engine.states.copy()
        events = _both(venue, looked_at, kind, step)
        in_run = engine.states["cursor"]["run"][0] or before["cursor"]["run"][0]
        if events and events[0].kind in REFUSALS and not in_run:
            refused += 1
            for name in ("sequence", "time_ns"):
                before[name] = engine.states[name]
            if events[0].account_sequence:
                before["accounts"]["stream"][0, events[0].account] = events[0].account_sequence
            before["sessions"]["last_request_id"] = engine.states["sessions"]["last_request_id"]
            same = np.array_equal(before.view(np.uint8), engine.states.view(np.uint8))
            assert same, f"refused, yet something changed: {step}"
    assert refused > 100


def _both(venue: EngineVenue, looked_at: ReferenceVenue, kind: object, step: object) -> list:  # type: ignore[type-arg]
    if isinstance(step, dict):
        looked_at.control(kind, step)  # type: ignore[arg-type]
        return venue.control(kind, step)  # type: ignore[arg-type]
    looked_at.apply(step)
    return venue.apply(step)
