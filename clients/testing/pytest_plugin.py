"""Fixtures for pytest, which finds them through the entry point `gpux` of `pytest11`.

    def test_mine(gpux_venue):
        with blocking.connect(gpux_venue.url, *gpux_venue.key(1)) as session: ...

    def test_over_a_bad_network(gpux_venue):
        with gpux_venue.behind(Faults(disconnect=0.01), seed=3) as proxy: ...

This module imports nothing but pytest before a test asks for a fixture.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from clients.testing.local_venue import LocalVenue


@pytest.fixture(scope="session")
def gpux_venue() -> "Iterator[LocalVenue]":
    """A venue for all tests of a run, with accounts 1 and 2. VenueNotInstalled: it needs the extra `gpux[venue]`."""
    from clients.testing.local_venue import LocalVenue

    with LocalVenue() as venue:
        yield venue
