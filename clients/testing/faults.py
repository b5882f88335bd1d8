"""What a network does to frames, and with which chance. A seed fixes the choices, frame by frame of each connection."""

import random
from typing import NamedTuple


class Faults(NamedTuple):
    """Chances from 0 to 1. Order is kept, as TCP keeps it, and a frame is lost only with its connection.

    delay        of a frame to wait up to `delay_ms`; those behind it wait too
    duplicate    of a message to come twice: a request, a reply, an event, a change of a channel
    gap          of a change of a channel to be left out, as of a venue that drops it
    drop         of a frame to be lost, with all behind it: the connection ends there
    disconnect   of the connection to end after a frame has passed
    """

    delay: float = 0.0
    delay_ms: int = 20
    duplicate: float = 0.0
    gap: float = 0.0
    drop: float = 0.0
    disconnect: float = 0.0


NO_FAULTS = Faults()


class FrameFate(NamedTuple):
    """What happens to a frame."""

    wait_s: float
    passes: bool
    ends: bool


class Dice:
    """The choices of one direction of one connection."""

    def __init__(self, seed: str) -> None:
        self._rng = random.Random(seed)

    def frame(self, faults: Faults) -> FrameFate:
        waits, lost, ends = (self._rng.random() for _ in range(3))
        wait_s = self._rng.random() * faults.delay_ms / 1000 if waits < faults.delay else 0.0
        is_lost = lost < faults.drop
        return FrameFate(wait_s, not is_lost, is_lost or ends < faults.disconnect)

    def is_left_out(self, faults: Faults) -> bool:
        return self._rng.random() < faults.gap

    def is_repeated(self, faults: Faults) -> bool:
        return self._rng.random() < faults.duplicate
