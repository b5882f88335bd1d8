"""The scheduled trading day: which market state belongs to which time (SESSION-001). Pure functions of time.

    CLOSED until the settlement is published -> PREOPEN -> NOCANCEL, its last seconds -> uncross -> OPEN -> CLOSED

The engine reads no clock: the venue's timer proposes the changes as commands, see `timekeeper`.
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
    """Seconds. The defaults are those of the contracts; a shorter `day_s` lets whole days pass in a test or a demo."""

    close_s: int = 21 * 3_600  # of the UTC day
    settling_s: int = 15 * 60  # from the close: then the settlement should be published
    preopen_s: int = 5 * 60  # PREOPEN and NOCANCEL together
    nocancel_s: int = 5
    day_s: int = DAY_S

    def __post_init__(self) -> None:
        assert 0 <= self.close_s < self.day_s, "the close is a time of the day"
        assert 0 < self.nocancel_s < self.preopen_s and self.settling_s > 0, "every state has its time"
        assert self.settling_s + self.preopen_s < self.day_s, "some of the day is left for trading"

    def day_at(self, time_ns: int) -> int:
        """Number of the trading day that a time belongs to; a day begins with the close of the one before."""
        return (time_ns - self.close_s * NS_PER_S) // (self.day_s * NS_PER_S)

    def closing_day(self, time_ns: int) -> date:
        """The date of the close that comes next: settlement and limits of a trading day bear that of its own close."""
        close_s = (self.day_at(time_ns) + 1) * self.day_s + self.close_s
        return EPOCH + timedelta(days=close_s // DAY_S)

    def state_at(self, time_ns: int, published_ns: int) -> MarketState:
        """The state that the schedule wants after a close, by when the day's settlement was published, 0 if it is not:
        books never open on an unset price (SESSION-003)."""
        if not published_ns:
            return MarketState.CLOSED
        until_open_ns = published_ns + self.preopen_s * NS_PER_S - time_ns
        if until_open_ns <= 0:
            return MarketState.OPEN
        return MarketState.NOCANCEL if until_open_ns <= self.nocancel_s * NS_PER_S else MarketState.PREOPEN

    def is_late(self, time_ns: int) -> bool:
        """Whether the settlement should have been published by now."""
        passed_ns = (time_ns - self.close_s * NS_PER_S) % (self.day_s * NS_PER_S)
        return passed_ns >= self.settling_s * NS_PER_S


def next_step(present: MarketState, wanted: MarketState) -> MarketState:
    """The change that leads a market towards what the schedule wants, NONE if there is none to make.

    Only a close leads backwards. What a breaker or a person has brought about (RESERVED, PAUSED, HALT) ends with the
    day, by the schedule not before.
    """
    if present == wanted:
        return MarketState.NONE
    if present not in CYCLE:
        return MarketState.CLOSED if wanted == MarketState.CLOSED else MarketState.NONE
    if wanted != MarketState.CLOSED and CYCLE.index(present) > CYCLE.index(wanted):
        return MarketState.NONE
    return CYCLE[(CYCLE.index(present) + 1) % len(CYCLE)]
