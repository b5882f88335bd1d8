"""The scheduled trading day: the market state for each time of the day (SESSION-001). Pure functions of time.

    CLOSED until the settlement is published -> PREOPEN -> NOCANCEL, its last seconds -> uncross -> OPEN -> CLOSED

The engine reads no clock: `timekeeper` submits each change of state as a command.
"""

from dataclasses import dataclass
from datetime import date

from contracts_spec.formulas.settlement import WINDOW_NS
from contracts_spec.periods import day_number, day_of
from exchange.codes import MarketState
from exchange.units import NS_PER_S

DAY_S = 86_400
CYCLE = (MarketState.CLOSED, MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN)


@dataclass(frozen=True)
class DaySchedule:
    """Times of the trading day in seconds. Defaults are those of the contracts; tests and demos shorten `day_s`."""

    close_s: int = 21 * 3_600  # time of the close, in the UTC day
    settling_s: int = 15 * 60  # from the close to the time by which the settlement should be published
    noon_s: int = 12 * 3_600  # time of the run of variation margin within the day (SETTLE-007); beyond `day_s`: none
    preopen_s: int = 5 * 60  # length of PREOPEN and NOCANCEL together
    nocancel_s: int = 5
    window_s: int = WINDOW_NS // NS_PER_S  # the closing window, up to the close (SETTLE-001)
    settle_after_s: int = 0  # from the close until the venue settles by itself, if no person has
    day_s: int = DAY_S

    def __post_init__(self) -> None:
        assert 0 <= self.close_s < self.day_s, "the close is a time of the day"
        assert 0 < self.nocancel_s < self.preopen_s and self.settling_s > 0, "every state has its time"
        assert self.settling_s + self.preopen_s < self.day_s, "some of the day is left for trading"
        assert self.window_s > 0 <= self.settle_after_s, "no time is negative, and the window has one"

    def day_at(self, time_ns: int) -> int:
        """Number of the trading day that a time belongs to. A day begins at the previous day's close."""
        return (time_ns - self.close_s * NS_PER_S) // (self.day_s * NS_PER_S)

    def settles_ns(self, day: int) -> int:
        """When the venue settles by itself in a trading day, which is given by its number, ns since 1970."""
        return (day * self.day_s + self.close_s + self.settle_after_s) * NS_PER_S

    def closing_window_ns(self, time_ns: int) -> tuple[int, int]:
        """Begin and end of the closing window before the next close, ns since 1970."""
        close_s = (self.day_at(time_ns) + 1) * self.day_s + self.close_s
        return (close_s - min(self.window_s, self.day_s)) * NS_PER_S, close_s * NS_PER_S

    def closing_day(self, time_ns: int) -> date:
        """Date of the next close. The settlement and limits of a trading day carry the date of its close."""
        close_s = (self.day_at(time_ns) + 1) * self.day_s + self.close_s
        return day_of(close_s // DAY_S)

    def state_at(self, time_ns: int, published_ns: int) -> MarketState:
        """The state that the schedule asks for at `time_ns`.

        published_ns   when the day's settlement was published; 0: not yet, books stay CLOSED (SESSION-003)
        """
        if not published_ns:
            return MarketState.CLOSED
        until_open_ns = published_ns + self.preopen_s * NS_PER_S - time_ns
        if until_open_ns <= 0:
            return MarketState.OPEN
        return MarketState.NOCANCEL if until_open_ns <= self.nocancel_s * NS_PER_S else MarketState.PREOPEN

    def end_ns(self, state: int, time_ns: int, published_ns: int) -> int:
        """When the schedule ends a MarketState that is in force at `time_ns`; 0: that is not known yet.

        published_ns   when the day's settlement was published; 0: not yet, or not known
        """
        if state == MarketState.OPEN:
            return self.closing_window_ns(time_ns)[1]
        if state not in (MarketState.PREOPEN, MarketState.NOCANCEL) or not published_ns:
            return 0
        left_s = self.nocancel_s if state == MarketState.PREOPEN else 0
        return published_ns + (self.preopen_s - left_s) * NS_PER_S

    def changes(self, time_ns: int, count: int = len(CYCLE)) -> list[tuple[int, MarketState]]:
        """The next changes of state after a time, if every day is settled when the venue settles by itself."""
        close_s = self.closing_window_ns(time_ns)[1] // NS_PER_S
        open_s = self.settle_after_s + self.preopen_s
        after_s = (0, self.settle_after_s, open_s - self.nocancel_s, open_s)
        found = [
            ((begin_s + wait_s) * NS_PER_S, state)
            for begin_s in (close_s - self.day_s, close_s, close_s + self.day_s)
            for wait_s, state in zip(after_s, CYCLE, strict=True)
        ]
        return [change for change in found if change[0] > time_ns][:count]

    def noon_ns(self, time_ns: int) -> int:
        """When variation margin is paid next within a day (SETTLE-007), ns since 1970; 0: never."""
        if self.noon_s >= self.day_s:
            return 0
        return self.noon_s * NS_PER_S + ((time_ns - self.noon_s * NS_PER_S) // self._day_ns + 1) * self._day_ns

    def noon_day(self, time_ns: int) -> int:
        """Date, in days since 1970, of the trading day whose noon has passed last; 0: there is no noon."""
        if self.noon_s >= self.day_s:
            return 0
        noon_ns = self.noon_s * NS_PER_S + (time_ns - self.noon_s * NS_PER_S) // self._day_ns * self._day_ns
        return self.day_number(noon_ns)

    def day_number(self, time_ns: int) -> int:
        """Date of the next close, in days since 1970."""
        return day_number(self.closing_day(time_ns))

    @property
    def _day_ns(self) -> int:
        return self.day_s * NS_PER_S

    def is_settling(self, time_ns: int) -> bool:
        """Whether the venue settles by itself now, if nobody has."""
        return self._since_close_ns(time_ns) >= self.settle_after_s * NS_PER_S

    def is_late(self, time_ns: int) -> bool:
        """Whether the time by which the settlement should be published has passed."""
        return self._since_close_ns(time_ns) >= self.settling_s * NS_PER_S

    def _since_close_ns(self, time_ns: int) -> int:
        return (time_ns - self.close_s * NS_PER_S) % (self.day_s * NS_PER_S)


def next_step(present: MarketState, wanted: MarketState) -> MarketState:
    """The next state on the way from `present` to `wanted`; NONE if the schedule changes nothing.

    The schedule never goes back to an earlier state of the day, except to CLOSED. It leaves RESERVED, PAUSED and HALT
    alone until the close: a breaker or a person has set them.
    """
    if present == wanted:
        return MarketState.NONE
    if present not in CYCLE:
        return MarketState.CLOSED if wanted == MarketState.CLOSED else MarketState.NONE
    if wanted != MarketState.CLOSED and CYCLE.index(present) > CYCLE.index(wanted):
        return MarketState.NONE
    return CYCLE[(CYCLE.index(present) + 1) % len(CYCLE)]
