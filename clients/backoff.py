"""When to dial again: soon enough that the session's orders are still there, then ever more rarely.

A venue cancels the orders of a lost session when the grace of its terms is over (SESS-021). Until then several attempts
are made; afterwards nothing is at stake but time, and the pauses grow, so that many clients that lose their venue at
once come back one after another (DUR-027). A venue that does not listen at all counts the grace from when it does.
"""

import random

FIRST_S = 0.1  # the first pause, at most; no grace makes the bound of a pause less
SHARE = 3  # no pause and no attempt takes more than this part of the grace
DIAL_S, DIAL_S_MIN = 5.0, 1.0  # how long an attempt may take; no less, for a venue far away answers slowly too
DOUBLINGS_MAX = 30


class Backoff:
    """Full jitter: any moment between now and a bound that doubles with each failure."""

    def __init__(self, rng: random.Random, first_s: float = FIRST_S, longest_s: float = 10.0) -> None:
        self._rng, self._first_s, self._longest_s = rng, first_s, longest_s
        self._failures = 0
        self._grace_s = self._grace_end = 0.0

    def lost(self, now: float, grace_s: float) -> None:
        """A connection that served the session is gone; its orders leave `grace_s` from now, 0: they stay."""
        self._grace_s, self._grace_end = grace_s, now + grace_s

    def not_listening(self, now: float) -> None:
        """Nobody takes connections there: the grace has yet to begin."""
        self._grace_end = now + self._grace_s

    def succeeded(self) -> None:
        self._failures = 0

    def wait_s(self, wish_ms: tuple[int, int] | None, now: float = 0.0) -> float:
        """How long to wait now; `wish_ms` is the range that the venue asked for when it announced a stop."""
        if wish_ms is not None:
            low_s, high_s = wish_ms[0] / 1000, wish_ms[1] / 1000
            return self._rng.uniform(low_s, min(high_s, low_s + self._share_s) if self._grace_s else high_s)
        bound_s = min(self._longest_s, self._first_s * 2.0 ** min(self._failures, DOUBLINGS_MAX))
        if now < self._grace_end:
            bound_s = min(bound_s, max(self._share_s, FIRST_S))
        self._failures += 1
        return self._rng.uniform(0.0, bound_s)

    def dial_s(self, now: float) -> float:
        """How long the attempt that begins now may take."""
        return min(DIAL_S, max(DIAL_S_MIN, self._share_s)) if now < self._grace_end else DIAL_S

    @property
    def _share_s(self) -> float:
        return self._grace_s / SHARE
