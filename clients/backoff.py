"""Decides when to reconnect: several times while the session's orders still rest, then with growing pauses.

A venue cancels the orders of a lost session when the grace period of its terms ends (SESS-021). The client makes
several attempts within that period. After it the pauses grow, so that clients that lose their venue together do not
reconnect together (DUR-027). A venue that refuses connections has not started; its grace period begins at its start.
"""

import random

FIRST_S = 0.1  # longest first pause; even a short grace period does not reduce the bound of a pause below this
SHARE = 3  # within the grace period a pause or an attempt takes at most a third of it
DIAL_S, DIAL_S_MIN = 5.0, 1.0  # longest attempt; a short grace period reduces it to DIAL_S_MIN at least
DOUBLINGS_MAX = 30


class Backoff:
    """Full jitter: a pause is a random time below a bound that doubles with each failure. Times are seconds."""

    def __init__(self, rng: random.Random, first_s: float = FIRST_S, longest_s: float = 10.0) -> None:
        self._rng, self._first_s, self._longest_s = rng, first_s, longest_s
        self._failures = 0
        self._grace_s = self._grace_end = 0.0

    def lost(self, now: float, grace_s: float) -> None:
        """Note that the session's connection is lost, and that its orders are cancelled in `grace_s`; 0: they stay."""
        self._grace_s, self._grace_end = grace_s, now + grace_s

    def not_listening(self, now: float) -> None:
        """Note that the venue refuses connections: the grace period does not begin before the venue starts."""
        self._grace_end = now + self._grace_s

    def succeeded(self) -> None:
        self._failures = 0

    def wait_s(self, wish_ms: tuple[int, int] | None, now: float = 0.0) -> float:
        """Pause before the next attempt. `wish_ms`: range of pauses that the venue asked for before a planned stop."""
        if wish_ms is not None:
            low_s, high_s = wish_ms[0] / 1000, wish_ms[1] / 1000
            return self._rng.uniform(low_s, min(high_s, low_s + self._share_s) if self._grace_s else high_s)
        bound_s = min(self._longest_s, self._first_s * 2.0 ** min(self._failures, DOUBLINGS_MAX))
        if now < self._grace_end:
            bound_s = min(bound_s, max(self._share_s, FIRST_S))
        self._failures += 1
        return self._rng.uniform(0.0, bound_s)

    def dial_s(self, now: float) -> float:
        """Longest duration of an attempt that begins now."""
        return min(DIAL_S, max(DIAL_S_MIN, self._share_s)) if now < self._grace_end else DIAL_S

    @property
    def _share_s(self) -> float:
        return self._grace_s / SHARE
