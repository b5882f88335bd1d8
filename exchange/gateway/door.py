"""Who may come in: caps at accept (SEC-034, SEC-040), and a limit of open files that leaves the venue's own ones free.

A connection is half open until its upgrade is answered. Those are few, and the oldest makes room for the next: a client
that means it is through within milliseconds, one that does not keeps nobody out.
"""

from collections.abc import Callable
from dataclasses import replace

from exchange.errors import UserError
from exchange.gateway.gateway import Hub
from exchange.gateway.throttle import Profile
from exchange.journal.errors import EXIT_CONFIGURATION

FILES_KEPT = 32  # descriptors that the disk holds on to, for segments, snapshots and events
FILES_FREE = 32  # that nobody is given: lines of the operator, kernels that are loaded late
CONNECTIONS_MIN = 8
ROOM_MIN = CONNECTIONS_MIN * 4 // 3  # with a quarter of it for those that wait to be accepted
HALF_OPEN_SHARE = 4  # at most one in so many of all connections is half open
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
FULL, CROWDED = "full", "crowded"


def files_wanted(profile: Profile, used: int) -> int:
    """How many open files a venue of this profile may come to need, beside those that are open now."""
    return used + FILES_KEPT + FILES_FREE + profile.backlog + profile.connections_max


def fit(profile: Profile, files_max: int, used: int) -> Profile:
    """The profile with as many connections as the limit of open files has room for. UserError, exit code 78: too few.

    A burst of new connections takes as many descriptors as the backlog has places before any is looked at.
    """
    room = files_max - used - FILES_KEPT - FILES_FREE
    if files_max >= files_wanted(profile, used):
        return profile
    if room < ROOM_MIN:
        least = files_max - room + ROOM_MIN
        text = f"the limit of open files is {files_max}, a venue needs at least {least} (ulimit -n)"
        raise UserError(text, EXIT_CONFIGURATION)
    backlog = min(profile.backlog, room // 4)
    connections = min(profile.connections_max, room - backlog)
    return replace(profile, connections_max=connections, backlog=backlog)


class Door:
    """Counts connections by address; knows the half-open ones, oldest first."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._peers: dict[str, int] = {}
        self._half_open: dict[object, Callable[[], None]] = {}
        self._count = 0

    def refusal(self, address: str) -> str:
        """Why a connection is not let in, empty if it is: CROWDED by its own address, or the venue is FULL."""
        hub, profile = self._hub, self._hub.profile
        if hub.counts(address) and (
            hub.refuses(address) or self._peers.get(address, 0) >= profile.connections_per_address
        ):
            return CROWDED
        full = self._count >= profile.connections_max
        if self._half_open and (full or len(self._half_open) >= max(1, profile.connections_max // HALF_OPEN_SHARE)):
            self._half_open.pop(next(iter(self._half_open)))()
            full = False
        return FULL if full else ""

    def enter(self, who: object, address: str, end: Callable[[], None]) -> None:
        """It is let in, half open. `end` cuts it off."""
        self._peers[address] = self._peers.get(address, 0) + 1
        self._count += 1
        self._half_open[who] = end

    def settle(self, who: object) -> None:
        """Its upgrade is answered."""
        self._half_open.pop(who, None)

    def leave(self, who: object, address: str) -> None:
        self._half_open.pop(who, None)
        self._count -= 1
        left = self._peers[address] - 1
        if left:
            self._peers[address] = left
        else:
            del self._peers[address]
