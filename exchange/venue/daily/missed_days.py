"""Makes up for closes that passed while the venue was down: each missed day is settled as of its own date, in order."""

from collections.abc import Callable
from datetime import date

import numpy as np

from exchange.codes import MarketState
from exchange.engine import query
from exchange.venue.day_schedule import DaySchedule

# is_done(group, day): whether nothing more happens by itself to bring a CLOSED group to a day.
IsDone = Callable[[int, date], bool]


class MissedDays:
    """Says as of which moment the schedule acts.

    That is now, as a rule. After missed closes it is the settlement of the first of them, until every group is settled
    for that day and has its instruments, or a person was warned of it, then the settlement of the next. So a month
    that ended on one of these days ends at the price of that day, after the index values of the noons before it and
    before those after it.

    schedule  the scheduled day
    began     trading day that began last, by its number in the schedule
    behind    whether the last moment was not the present one
    """

    def __init__(self, states: np.ndarray, schedule: DaySchedule, began: int, warn: Callable[[str], None]) -> None:
        self.began, self.behind = began, False
        self.schedule = schedule
        self._states, self._warn = states, warn
        self._acting = began  # trading day as of which the schedule acts: the one that began, or the next
        self._follows = False  # the day as of which the schedule acts comes without trading on the one before
        self._said = began

    def moment_ns(self, now_ns: int, is_done: IsDone) -> int:
        """The moment as of which the schedule acts, ns since 1970."""
        today = self.schedule.day_at(now_ns)
        if self.schedule.settle_after_s >= self.schedule.day_s:
            return now_ns  # a person settles each day
        if self._acting == self.began < today and self._is_complete(is_done):
            self._acting += 1
            self._say(today)
        self.behind = self._acting < today
        return self.schedule.settles_ns(self._acting) if self.behind else now_ns

    def begin(self, day: int) -> bool:
        """All groups are CLOSED: a trading day begins, by its number. Returns whether they have not traded since the
        one before."""
        follows, self._follows = self._follows, False
        self.began = self._acting = day
        return follows

    def _is_complete(self, is_done: IsDone) -> bool:
        """Whether groups trade on the day that began last, or all of them could."""
        states = query.group_states(self._states)
        if any(state != MarketState.CLOSED for state in states.values()):
            return True
        day = self._date(self.began)
        self._follows = all(is_done(group, day) for group in states)
        return self._follows

    def _say(self, today: int) -> None:
        """Warn once of closes that are made up for now."""
        if self._said < self._acting < today:
            first, last = self._date(self._acting - 1), self._date(today - 1)
            self._warn(f"closes of {first} to {last} were missed: each of these days is settled now, in order")
            self._said = today

    def _date(self, day: int) -> date:
        """Date of the close of a trading day."""
        return self.schedule.closing_day(self.schedule.settles_ns(day))
