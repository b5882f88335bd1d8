"""One timer wheel for everything that waits: heartbeats, dead timers, grace, cadences. Never a task a connection."""

from collections.abc import Callable

STEP_MS = 10
SLOTS = 1_024


class Timer:
    """One pending call; `cancel` makes it never happen."""

    __slots__ = ("action", "rounds")

    def __init__(self, action: Callable[[], None], rounds: int) -> None:
        self.action: Callable[[], None] | None = action
        self.rounds = rounds

    def cancel(self) -> None:
        self.action = None


class TimerWheel:
    """Calls that are due after a while, in steps of 10 ms; the owner turns the wheel with the monotonic clock."""

    def __init__(self, now_ns: int) -> None:
        self._step = now_ns // (STEP_MS * 1_000_000)
        self._slots: list[list[Timer]] = [[] for _ in range(SLOTS)]

    def after(self, delay_ms: int, action: Callable[[], None]) -> Timer:
        """Call `action` once, not before `delay_ms` have passed."""
        steps = max(1, -(-delay_ms // STEP_MS) + 1)
        timer = Timer(action, (steps - 1) // SLOTS)
        self._slots[(self._step + steps) % SLOTS].append(timer)
        return timer

    def turn(self, now_ns: int) -> None:
        """Run what has become due; after a long pause no step is left out."""
        target = now_ns // (STEP_MS * 1_000_000)
        while self._step < target:
            self._step += 1
            slot = self._slots[self._step % SLOTS]
            if slot:
                self._run(slot)

    def _run(self, slot: list[Timer]) -> None:
        waiting = slot[:]
        slot.clear()
        for timer in waiting:
            if timer.rounds > 0:
                timer.rounds -= 1
                slot.append(timer)
            elif timer.action is not None:
                timer.action()
