"""A venue on this machine for tests of your program, behind a network that fails by seed.

    async with LocalVenue(seed=7, faults=Faults(disconnect=0.01, gap=0.02)) as venue:
        async with connect(venue.url, *venue.key(1)) as session: ...

    with LocalVenue() as venue:                                  # without `async` too
        with blocking.connect(venue.url, *venue.key(1)) as session: ...

    def test_mine(gpux_venue): ...                               # pytest: one venue for all tests of a run

The venue is a process of its own, `gpux serve` in a temporary folder; it needs the extra `gpux[venue]`, and is the real
one: the same engine, journal and gateway. It starts in some 8 s.

faults         what a network does to frames, and with which chance
frames         cuts a frame of any encoding into messages, and says which of them may be left out or repeated
fault_proxy    passes frames on between clients and a venue, with faults
local_venue    the venue's process, its keys, and the proxy before it
pytest_plugin  fixtures for pytest
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clients.testing.fault_proxy import FaultProxy
    from clients.testing.faults import Faults
    from clients.testing.local_venue import LocalVenue, VenueNotInstalled

_HOMES = {
    "FaultProxy": "clients.testing.fault_proxy",
    "Faults": "clients.testing.faults",
    "LocalVenue": "clients.testing.local_venue",
    "VenueNotInstalled": "clients.testing.local_venue",
}

__all__ = ["FaultProxy", "Faults", "LocalVenue", "VenueNotInstalled"]


def __getattr__(name: str) -> Any:
    """Names are imported when they are first used: pytest loads the plugin of this package in every run."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
