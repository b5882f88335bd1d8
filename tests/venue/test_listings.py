"""What is listed follows the controls that list instruments or change their terms."""

import numpy as np
import pytest

from exchange.codes import EventKind
from exchange.publish.consumer import ReleasedBatch
from exchange.records import EVENT
from exchange.venue.listings import LOWEST_TICK, Listings
from tests.gateway.harness import SYMBOL, Bench


@pytest.fixture
def bench(tmp_path):  # type: ignore[no-untyped-def]  # a Bench
    with Bench(str(tmp_path)) as made:
        yield made


@pytest.mark.rule("SPEC-042")
def test_instruments_and_groups_are_found_by_the_names_of_the_wire(bench: Bench) -> None:
    listings = Listings(bench.venue.states, {"H100": 8})
    row = listings.table.row(1)
    assert row.symbol == SYMBOL and listings.groups == {"H100": row.group}
    listed = listings.instruments[row.instrument_id]
    assert (listed.index, listed.revision, listed.group) == (1, row.revision, row.group)
    assert listed.low_tick == (LOWEST_TICK if row.combo else 1)


def test_a_control_that_lists_is_followed_and_other_batches_cost_no_look(bench: Bench) -> None:
    listings = Listings(bench.venue.states)
    instruments, groups = listings.instruments, listings.groups
    bench.venue.states["books"]["revision"][0, 1] += 1
    listed, event = listings.table.row(1), np.zeros(1, EVENT)
    listings.take(ReleasedBatch(np.zeros(0, EVENT), 1, 1, 1, is_control=True))
    event["kind"], event["instrument"] = EventKind.INSTRUMENT_LISTED, 1
    assert listings.table.row(1) is listed
    listings.take(ReleasedBatch(event, 2, 2, 2, is_control=True))
    assert listings.table.row(1).revision == listed.revision + 1
    assert listings.instruments is instruments and listings.groups is groups
    assert instruments[listed.instrument_id].revision == listed.revision + 1
