"""Which new connections are accepted (SEC-034, SEC-040), and how many the limit of open files allows.

A connection is half open until its websocket upgrade is answered. The number of half-open connections is limited. At
the limit the oldest is cut off for a new one: an honest client completes its upgrade within milliseconds, so a client
that never does cannot keep others out.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from exchange.errors import UserError
from exchange.gateway.gateway import Gateway
from exchange.gateway.throttle import Profile, Rate, RateBucket
from exchange.journal.errors import EXIT_CONFIGURATION

FILES_KEPT = 32  # file descriptors of the journal, the snapshots and the history of events
FILES_FREE = 32  # spare descriptors: operator connections, kernels that are loaded late
CONNECTIONS_MIN = 8
SOCKETS_MIN = CONNECTIONS_MIN * 4 // 3  # a quarter of the sockets is for connections that wait to be accepted
HALF_OPEN_SHARE = 4  # at most one connection in four may be half open
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
NOT_ALLOWED = b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
OTHER_METHODS = re.compile(rb"(?!GET |HEAD )[A-Z]{3,16} ")  # how a request begins that neither reads nor upgrades
PAGE_RATE = Rate("page", 20, 100, "address")  # requests for files; a page and its files are about ten
ADDRESSES_MAX = 1_024  # whose requests for files are counted; beyond it the one that began first is dropped
FULL, CROWDED = "full", "crowded"


def files_wanted(profile: Profile, used: int) -> int:
    """How many open files a venue with this profile needs at most. `used`: files that are open now."""
    return used + FILES_KEPT + FILES_FREE + profile.backlog + profile.connections_max


def fit_profile(profile: Profile, files_max: int, used: int) -> Profile:
    """The profile, with `connections_max` and `backlog` reduced to what the limit of open files allows.

    Connections in the backlog take descriptors too, before they are accepted.

    files_max   limit of open files of the process
    used        files that are open now
    UserError, exit code 78: fewer than 8 connections would fit
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
    """Counts connections in all and by address, and knows the half-open ones, oldest first."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._by_address: dict[str, int] = {}
        self._half_open: dict[object, Callable[[], None]] = {}
        self._count = 0
        self._pages: dict[str, RateBucket] = {}  # by address

    def refusal(self, address: str) -> str:
        """Decide about a new connection: "" accepts it, CROWDED or FULL refuses it.

        CROWDED: the address has too many connections, or is blocked after failed logons. FULL: the venue has too many.
        If there is a half-open connection, the oldest one is cut off instead of refusing with FULL.
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

    def allows_page(self, address: str) -> bool:
        """Count a request for a file; whether it is answered."""
        if not self._gateway.limits_address(address):
            return True
        if address not in self._pages and len(self._pages) >= ADDRESSES_MAX:
            del self._pages[next(iter(self._pages))]
        bucket = self._pages.setdefault(address, RateBucket(PAGE_RATE))
        return bucket.take(self._gateway.clock.mono_ns()) == 0

    def add(self, connection: object, address: str, abort: Callable[[], None]) -> None:
        """Count an accepted connection; it is half open. `abort` cuts it off."""
        self._by_address[address] = self._by_address.get(address, 0) + 1
        self._count += 1
        self._half_open[connection] = abort

    def note_upgrade(self, connection: object) -> None:
        """The upgrade is answered: the connection is no longer half open."""
        self._half_open.pop(connection, None)

    def remove(self, connection: object, address: str) -> None:
        """Stop counting a connection that has ended."""
        self._half_open.pop(connection, None)
        self._count -= 1
        left = self._by_address[address] - 1
        if left:
            self._by_address[address] = left
        else:
            del self._by_address[address]
