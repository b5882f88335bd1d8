"""Token buckets, the check for floods, and the profiles: sets of limits that a venue can run with.

`hello` states the limits (RATE-001). The standard profile is for clients anywhere. The loopback profile lets a demo or
a benchmark on the venue's own machine use its full speed.
"""

from dataclasses import dataclass

from exchange.limits import KEPT_HOURS
from exchange.units import NS_PER_S

# RATE-002: ten times the rate for five seconds is an attack, not a mistake.
FLOOD_FACTOR = 10
FLOOD_SECONDS = 5


@dataclass(frozen=True)
class Rate:
    """One limit: `rate` tokens a period, at most `burst` in the bucket; `per` names the owner of a bucket."""

    name: str
    rate: int  # tokens added in a period
    burst: int
    per: str
    period_ns: int = NS_PER_S


@dataclass(frozen=True)
class Profile:
    """Every limit of a gateway; `hello` states those that a client can meet."""

    name: str
    rates: tuple[Rate, ...]
    bytes_rate: Rate = Rate("bytes", 262_144, 524_288, "conn")  # SEC-045
    inflight: int = 256
    max_frame: int = 4_096
    dedup: int = 4_096
    replay_hours: int = KEPT_HOURS
    channels_max: int = 500
    wide_max: int = 16  # rows of `sub` for a chip, or for all, on a connection (MDATA-023)
    soft_kb: int = 256
    soft_ms: int = 50
    hard_kb: int = 1_024
    hard_ms: int = 2_000
    private_kb: int = 4_096
    heartbeat_ms: int = 1_000
    dead_ms: int = 5_000
    logon_ms: int = 5_000
    connections_max: int = 4_096
    backlog: int = 1_024  # connections that may wait to be accepted
    connections_per_key: int = 20
    connections_per_address: int = 20
    logons_per_minute: int = 10
    sessions_per_key: int = 1_024  # sessions that may be resumed; beyond it the longest idle one is dropped
    idle_bytes_per_key: int = 16 << 20  # memory of idle sessions; beyond it the longest idle one is dropped
    guard_loopback: bool = False  # whether limits per address apply to loopback peers
    batch_rows: int = 4_096  # commands of one commit
    queue_batches: int = 2  # full batches that may wait for the journal; when so many wait, orders are refused (BUSY)

    def rate(self, name: str) -> Rate:
        return next(rate for rate in self.rates if rate.name == name)


STANDARD = Profile(
    "standard",
    (
        Rate("order", 200, 400, "account"),
        Rate("cancel", 400, 2_000, "account"),
        Rate("quote", 2_000, 4_000, "account"),
        Rate("sub", 50, 500, "conn"),
        Rate("query", 20, 100, "account"),
        Rate("replay", 2, 10, "account"),
        Rate("frame", 1_000, 2_000, "conn"),
    ),
)
# For programs on the venue's own machine: benchmarks, demo, sandbox. Never to be used with an address beyond loopback.
LOOPBACK = Profile(
    "loopback",
    (
        Rate("order", 100_000, 200_000, "account"),
        Rate("cancel", 100_000, 200_000, "account"),
        Rate("quote", 100_000, 200_000, "account"),
        Rate("sub", 1_000, 5_000, "conn"),
        Rate("query", 1_000, 5_000, "account"),
        Rate("replay", 100, 500, "account"),
        Rate("frame", 200_000, 400_000, "conn"),
    ),
    Rate("bytes", 500_000_000, 1_000_000_000, "conn"),
    connections_per_key=1_000,
    connections_per_address=4_096,
    logons_per_minute=10_000,
)
PROFILES = {profile.name: profile for profile in (STANDARD, LOOPBACK)}


class RateBucket:
    """A token bucket, kept as the time at which it is full again (generic cell rate algorithm)."""

    __slots__ = (
        "_flood_second",
        "_full_ns",
        "_interval_ns",
        "_low_ns",
        "_refused",
        "_streak",
        "_window_ns",
        "low",
        "rate",
    )

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._interval_ns = rate.period_ns // rate.rate
        self._window_ns = rate.burst * self._interval_ns
        self._low_ns = self._window_ns * 8 // 10
        self._full_ns = 0
        self.low = False  # fewer than 20 % of the tokens were left after the last take (RATE-004)
        self._flood_second = 0
        self._refused = 0
        self._streak = 0

    def take(self, now_ns: int, tokens: int = 1) -> int:
        """Take tokens and return 0. If there are too few, take none and return the ns until there are enough."""
        full_ns = self._full_ns if self._full_ns > now_ns else now_ns
        full_ns += tokens * self._interval_ns
        excess_ns = full_ns - now_ns - self._window_ns
        if excess_ns > 0:
            self.count_refused(now_ns, tokens)
            return excess_ns
        self._full_ns = full_ns
        self.low = full_ns - now_ns > self._low_ns
        return 0

    def spend(self, now_ns: int, tokens: int) -> int:
        """Take tokens even if there are too few. Returns the ns until the bucket is no longer overdrawn."""
        self._full_ns = max(self._full_ns, now_ns) + tokens * self._interval_ns
        return max(0, self._full_ns - now_ns - self._window_ns)

    def left(self, now_ns: int) -> int:
        """Tokens in the bucket; negative if it is overdrawn."""
        return (self._window_ns - max(0, self._full_ns - now_ns)) // self._interval_ns

    def left_above_low(self, now_ns: int) -> int:
        """Tokens that may be taken together before the bucket is low; below 0 if it is already."""
        return (self._low_ns - max(0, self._full_ns - now_ns)) // self._interval_ns

    def is_flooding(self) -> bool:
        """Whether the client asked for ten times the rate in each of five consecutive seconds (RATE-002)."""
        return self._streak >= FLOOD_SECONDS

    def is_overrun(self, now_ns: int) -> bool:
        """Whether tokens were refused within the last second or two."""
        return self._refused > 0 and now_ns // NS_PER_S <= self._flood_second + 1

    def count_refused(self, now_ns: int, tokens: int) -> None:
        """Count refused tokens, from which `is_flooding` decides (RATE-002)."""
        second = now_ns // NS_PER_S
        if second != self._flood_second:
            # About one times the rate was granted in that second, so nine times the rate was refused.
            heavy = self._refused >= (FLOOD_FACTOR - 1) * self.rate.rate
            self._streak = self._streak + 1 if heavy and second == self._flood_second + 1 else 0
            self._flood_second = second
            self._refused = 0
        self._refused += tokens


class RateBuckets:
    """The token buckets that connections share, by limit and owner."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._buckets: dict[tuple[str, object], RateBucket] = {}

    def of(self, name: str, owner: object) -> RateBucket:
        """The token bucket of one limit and one owner, such as an account."""
        bucket = self._buckets.get((name, owner))
        if bucket is None:
            bucket = self._buckets[(name, owner)] = RateBucket(self._profile.rate(name))
        return bucket

    def of_logons(self, key: str) -> RateBucket:
        """The token bucket for logons of one key in a minute (RATE-008)."""
        bucket = self._buckets.get(("logon", key))
        if bucket is None:
            per_minute = self._profile.logons_per_minute
            rate = Rate("logon", per_minute, per_minute, "key", 60 * NS_PER_S)
            bucket = self._buckets[("logon", key)] = RateBucket(rate)
        return bucket
