"""Definitions come in pages, a status with all that a book's state says."""

import pytest

from exchange.publish import event_messages
from exchange.publish.event_messages import EventMessages
from exchange.publish.phases import Phases
from tests.publish.helpers import B200, H27, J27, LISTED, table


def made() -> EventMessages:
    phases = Phases()
    phases.add(LISTED)
    return EventMessages(table(), phases)


@pytest.mark.rule("MDATA-006")
def test_all_pages_but_the_last_say_that_more_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_messages, "INSTRUMENTS_PAGE", 2)
    pages = made().all_definitions(7, 9)
    assert [([row.instrument for row in page.rows], page.more, page.snapshot) for page in pages] == [  # type: ignore[attr-defined]
        ([H27, J27], True, True),
        ([B200], False, True),
    ]
    empty = EventMessages(table([]), Phases()).all_definitions(7, 9)
    assert [(page.rows, page.more) for page in empty] == [([], False)]  # type: ignore[attr-defined]


def test_a_status_has_phase_and_limits() -> None:
    status = made().status(3, 7, 9)
    assert (status.instrument, status.phase, status.low_tick, status.high_tick) == (B200, "PREOPEN", 2646, 3046)
    assert (status.engine_sequence, status.time_us) == (7, 9)
