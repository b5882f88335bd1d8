"""Which groups have their settlement, followed from events: closed, then every book's terms set again (SESSION-003)."""

import numpy as np
import pytest

from exchange.codes import EventKind, MarketState
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.settlement_status import SettlementStatus
from exchange.records import EVENT, column

GROUP, BOOKS = 2, (1, 3)
GROUPS = np.dtype([("state", "u1")])
BOOK = np.dtype([("group", "<i8"), ("life", "u1")])
STATES = np.dtype([("groups", GROUPS, (4,)), ("books", BOOK, (5,))])


def states() -> np.ndarray:
    """Two books of a closed group, one of another."""
    made = np.zeros(1, STATES)
    made["groups"]["state"][0] = MarketState.OPEN
    made["groups"]["state"][0, GROUP] = MarketState.CLOSED
    for index in BOOKS:
        made["books"][0, index] = (GROUP, 1)
    made["books"][0, 2] = (3, 1)
    return made


def take(status: SettlementStatus, kind: EventKind, time_ns: int, **fields: int) -> None:
    events = np.zeros(1, EVENT)
    events["kind"], events["time_ns"] = kind, time_ns
    for name, value in fields.items():
        column(events, name)[:] = value
    status.take(ReleasedBatch(events, 1, 1, time_ns))


def close(status: SettlementStatus, time_ns: int) -> None:
    take(status, EventKind.STATE_CHANGED, time_ns, group=GROUP, market_state=MarketState.CLOSED)


@pytest.mark.rule("SESSION-003")
def test_a_group_has_its_settlement_when_every_book_of_it_has() -> None:
    status = SettlementStatus(states())
    close(status, 100)
    assert not status.is_published(GROUP) and status.missing(GROUP) == 2
    take(status, EventKind.INSTRUMENT_LISTED, 200, instrument=1)
    assert not status.is_published(GROUP) and status.missing(GROUP) == 1
    take(status, EventKind.INSTRUMENT_LISTED, 300, instrument=3)
    assert status.is_published(GROUP) and status.missing(GROUP) == 0
    assert status.published_ns(GROUP, 999) == 300


@pytest.mark.rule("SESSION-003")
def test_the_settlement_of_a_day_does_not_count_for_the_next() -> None:
    status = SettlementStatus(states())
    for index in BOOKS:
        take(status, EventKind.INSTRUMENT_LISTED, 200, instrument=index)
    assert status.is_published(GROUP)
    close(status, 300)
    assert not status.is_published(GROUP) and status.published_ns(GROUP, 999) == 0


def test_a_state_of_one_book_does_not_close_its_group() -> None:
    status = SettlementStatus(states())
    for index in BOOKS:
        take(status, EventKind.INSTRUMENT_LISTED, 200, instrument=index)
    take(status, EventKind.STATE_CHANGED, 300, group=GROUP, instrument=1, market_state=MarketState.CLOSED)
    assert status.is_published(GROUP)


def test_a_group_that_is_not_closed_has_a_settlement_and_a_closed_one_of_which_nothing_is_known_has_none() -> None:
    made = states()
    status = SettlementStatus(made)
    assert status.published_ns(GROUP, 500) == 0 and status.missing(GROUP) == 2
    assert status.published_ns(3, 500) == 500 == status.published_ns(3, 900), "since it was first asked for"


@pytest.mark.rule("SESSION-005")
def test_a_time_that_is_not_known_is_not_made_up() -> None:
    status = SettlementStatus(states())
    assert status.when_published(GROUP) == 0
    close(status, 100)
    for index in BOOKS:
        take(status, EventKind.INSTRUMENT_LISTED, 200 + index, instrument=index)
    assert status.when_published(GROUP) == 200 + BOOKS[-1]
