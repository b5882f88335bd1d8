"""Which new connections are accepted (SEC-034, SEC-040), and how many the limit of open files allows.

A connection is half open until its upgrade is answered. Only a few may be, and a new one replaces the oldest: an honest
client is through within milliseconds, and one that is not keeps nobody else out.
"""

from collections.abc import Callable
from dataclasses import replace

from exchange.errors import UserError
from exchange.gateway.gateway import Gateway
from exchange.gateway.throttle import Profile
from exchange.journal.errors import EXIT_CONFIGURATION

FILES_KEPT = 32  # descriptors of the disk, for segments, snapshots and events
FILES_FREE = 32  # spare: connections of the operator, kernels that are loaded late
CONNECTIONS_MIN = 8
SOCKETS_MIN = CONNECTIONS_MIN * 4 // 3  # a quarter of them for connections that wait to be accepted
HALF_OPEN_SHARE = 4  # at most one in so many of all connections is half open
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
FULL, CROWDED = "full", "crowded"


def files_wanted(profile: Profile, used: int) -> int:
    """How many open files a venue of this profile may need. `used`: those that are open now."""
    return used + FILES_KEPT + FILES_FREE + profile.backlog + profile.connections_max


def fit_profile(profile: Profile, files_max: int, used: int) -> Profile:
    """The profile with no more connections than the limit of open files allows. UserError, exit code 78: too few.

    A burst of new connections takes as many descriptors as the backlog has places, before the first is accepted.
    """
    sockets = files_max - used - FILES_KEPT - FILES_FREE
    if files_max >= files_wanted(profile, used):
        return profile
    if sockets < SOCKETS_MIN:
        least = files_max - sockets + SOCKETS_MIN
        text = f"the limit of open files is {files_max}, a venue needs at least {least} (ulimit -n)"
        raise UserError(text, EXIT_CONFIGURATION)
    backlog = min(profile.backlog, sockets // 4)
    connections = min(profile.connections_max, sockets - backlog)
    return replace(profile, connections_max=connections, backlog=backlog)


class AcceptLimits:
    """Counts connections, also by address, and keeps the half-open ones, oldest first."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._by_address: dict[str, int] = {}
        self._half_open: dict[object, Callable[[], None]] = {}
        self._count = 0

    def refusal(self, address: str) -> str:
        """Why a connection is refused, empty if it is accepted: CROWDED for its own address, FULL for the venue.

        May cut off the oldest half-open connection instead.
        """
        gateway, profile = self._gateway, self._gateway.profile
        if gateway.limits_address(address) and (
            gateway.is_blocked(address) or self._by_address.get(address, 0) >= profile.connections_per_address
        ):
            return CROWDED
        full = self._count >= profile.connections_max
        if self._half_open and (full or len(self._half_open) >= max(1, profile.connections_max // HALF_OPEN_SHARE)):
            self._half_open.pop(next(iter(self._half_open)))()
            full = False
        return FULL if full else ""

    def add(self, connection: object, address: str, abort: Callable[[], None]) -> None:
        """A connection is accepted, and half open. `abort` cuts it off."""
        self._by_address[address] = self._by_address.get(address, 0) + 1
        self._count += 1
        self._half_open[connection] = abort

    def note_upgrade(self, connection: object) -> None:
        """The upgrade of a connection is answered."""
        self._half_open.pop(connection, None)

    def remove(self, connection: object, address: str) -> None:
        """A connection has ended."""
        self._half_open.pop(connection, None)
        self._count -= 1
        left = self._by_address[address] - 1
        if left:
            self._by_address[address] = left
        else:
            del self._by_address[address]
