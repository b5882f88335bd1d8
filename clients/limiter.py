"""A copy of the venue's token buckets, so that the client can wait instead of being refused (RATE-001).

All sessions of an account share the buckets of `hello.limits`. The client counts only its own requests, so it may
assume too many tokens; a refusal (`THROTTLED`) corrects that. `now` is a monotonic clock in seconds.
"""

from collections import Counter
from collections.abc import Iterable

from exchange.wire.messages import (
    Batch,
    Cancel,
    CancelAll,
    Kill,
    LimitTerms,
    New,
    ProtectionReset,
    ProtectionSet,
    Query,
    Quote,
    Replace,
    Replay,
    Request,
    Timer,
    Unkill,
)

BUCKETS: dict[type[Request], str] = {
    New: "order",
    Replace: "order",
    ProtectionSet: "order",
    ProtectionReset: "order",
    Cancel: "cancel",
    CancelAll: "cancel",
    Timer: "cancel",
    Kill: "cancel",
    Unkill: "cancel",
    Query: "query",
    Replay: "replay",
}


class TokenBucket:
    """A token bucket: `rate` tokens a second, at most `burst`."""

    def __init__(self, rate: int, burst: int, now: float) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._time = float(burst), now

    def tokens(self, now: float) -> float:
        self._tokens = min(float(self.burst), self._tokens + (now - self._time) * self.rate)
        self._time = now
        return self._tokens

    def wait_s(self, cost: int, now: float) -> float:
        """Seconds until the bucket has `cost` tokens."""
        missing = cost - self.tokens(now)
        return missing / self.rate if missing > 0 else 0.0

    def spend(self, cost: int, now: float) -> None:
        self._tokens = self.tokens(now) - cost

    def drain(self, wait_s: float, now: float) -> None:
        """Empty the bucket, as the venue reports: its next token comes after `wait_s`."""
        self._time, self._tokens = now, min(0.0, 1 - wait_s * self.rate)


class Limiter:
    """All buckets of a session. A kind of request that the venue does not limit has no bucket."""

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    def learn(self, terms: Iterable[LimitTerms], now: float) -> None:
        """Set the limits from a `hello`. Buckets whose limits are unchanged keep their tokens."""
        for term in terms:
            known = self._buckets.get(term.bucket)
            if known is None or (known.rate, known.burst) != (term.rate, term.burst):
                self._buckets[term.bucket] = TokenBucket(term.rate, term.burst, now)

    def wait_s(self, request: Request, now: float) -> float:
        """Seconds until the request may be sent."""
        return max((bucket.wait_s(cost, now) for bucket, cost in self._costs(request)), default=0.0)

    def spend(self, request: Request, now: float) -> None:
        for bucket, cost in self._costs(request):
            bucket.spend(cost, now)

    def refused(self, request: Request, wait_s: float, now: float) -> None:
        for bucket, _ in self._costs(request):
            bucket.drain(wait_s, now)

    def tokens(self, name: str, now: float) -> int:
        """Whole tokens left in a bucket."""
        bucket = self._buckets.get(name)
        return int(bucket.tokens(now)) if bucket else 2**31

    def _costs(self, request: Request) -> list[tuple[TokenBucket, int]]:
        return [(self._buckets[name], cost) for name, cost in costs_of(request).items() if name in self._buckets]


def costs_of(request: Request) -> dict[str, int]:
    """Tokens that a request costs, by bucket (RATE-003).

    A request costs one token. A quote costs one for each side, but only one of the cancel bucket if it has no lots. A
    batch costs the sum of its operations.
    """
    if isinstance(request, Quote):
        removes = not any(row[2] or row[4] for row in request.quotes)
        return {"cancel": 1} if removes else {"quote": 2 * len(request.quotes)}
    if isinstance(request, Batch):
        return Counter("cancel" if isinstance(part, Cancel) else "order" for part in request.operations)
    name = BUCKETS.get(type(request))
    return {name: 1} if name else {}
