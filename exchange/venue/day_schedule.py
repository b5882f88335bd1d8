"""The scheduled trading day: the market state for each time of the day (SESSION-001). Pure functions of time.

    CLOSED until the settlement is published -> PREOPEN -> NOCANCEL, its last seconds -> uncross -> OPEN -> CLOSED

The engine reads no clock: `timekeeper` submits each change of state as a command.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from exchange.codes import MarketState
from exchange.units import NS_PER_S

DAY_S = 86_400
EPOCH = date(1970, 1, 1)
CYCLE = (MarketState.CLOSED, MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN)


@dataclass(frozen=True)
class DaySchedule:
    """Times of the trading day in seconds. Defaults are those of the contracts; tests and demos shorten `day_s`."""

    close_s: int = 21 * 3_600  # time of the close, in the UTC day
    settling_s: int = 15 * 60  # from the close to the time by which the settlement should be published
    preopen_s: int = 5 * 60  # length of PREOPEN and NOCANCEL together
    nocancel_s: int = 5
    day_s: int = DAY_S

    def __post_init__(self) -> None:
        assert 0 <= self.close_s < self.day_s, "the close is a time of the day"
        assert 0 < self.nocancel_s < self.preopen_s and self.settling_s > 0, "every state has its time"
        assert self.settling_s + self.preopen_s < self.day_s, "some of the day is left for trading"

    def day_at(self, time_ns: int) -> int:
        """Number of the trading day that a time belongs to. A day begins at the previous day's close."""
        return (time_ns - self.close_s * NS_PER_S) // (self.day_s * NS_PER_S)

    def closing_day(self, time_ns: int) -> date:
        """Date of the next close. The settlement and limits of a trading day carry the date of its close."""
        close_s = (self.day_at(time_ns) + 1) * self.day_s + self.close_s
        return EPOCH + timedelta(days=close_s // DAY_S)

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

    def is_late(self, time_ns: int) -> bool:
        """Whether the time by which the settlement should be published has passed."""
        passed_ns = (time_ns - self.close_s * NS_PER_S) % (self.day_s * NS_PER_S)
        return passed_ns >= self.settling_s * NS_PER_S


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
