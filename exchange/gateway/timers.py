"""One timer wheel for all timers of the gateway: heartbeats, dead timers, grace periods; no task per connection."""

from collections.abc import Callable

STEP_MS = 10
SLOTS = 1_024


class WheelTimer:
    """One pending call. `step`: the step of the wheel in which it is due."""

    __slots__ = ("action", "step")

    def __init__(self, action: Callable[[], None], step: int) -> None:
        self.action: Callable[[], None] | None = action
        self.step = step

    def cancel(self) -> None:
        """Cancel the call."""
        self.action = None


class TimerWheel:
    """Makes calls after a delay, in steps of 10 ms. Its owner calls `turn` with the monotonic clock."""

    def __init__(self, now_ns: int) -> None:
        self._step = now_ns // (STEP_MS * 1_000_000)
        self._slots: list[list[WheelTimer]] = [[] for _ in range(SLOTS)]

    def after(self, delay_ms: int, action: Callable[[], None]) -> WheelTimer:
        """Call `action` once, not before `delay_ms` have passed."""
        step = self._step + max(1, -(-delay_ms // STEP_MS) + 1)
        timer = WheelTimer(action, step)
        self._slots[step % SLOTS].append(timer)
        return timer

    def turn(self, now_ns: int) -> None:
        """Make the calls that are due, step by step. After a pause of more than a round of the wheel, as of a computer
        that has slept, a call that sets itself again is made once, not once for each time in between."""
        target = now_ns // (STEP_MS * 1_000_000)
        if target - self._step > SLOTS:
            self._skip_to(target)
        while self._step < target:
            self._step += 1
            slot = self._slots[self._step % SLOTS]
            if slot:
                self._run(slot)

    def _skip_to(self, step: int) -> None:
        """Go to a step at once, and make the calls that were due before it, in their order."""
        self._step = step
        due = sorted((timer for slot in self._slots for timer in slot if timer.step <= step), key=lambda one: one.step)
        for slot in self._slots:
            slot[:] = [timer for timer in slot if timer.step > step]
        for timer in due:
            if timer.action is not None:
                timer.action()

    def _run(self, slot: list[WheelTimer]) -> None:
        waiting = slot[:]
        slot.clear()
        for timer in waiting:
            if timer.step > self._step:  # due in a later round of the wheel
                slot.append(timer)
            elif timer.action is not None:
                timer.action()
