"""Business days: Monday to Friday by UTC date, without those in the holiday list (SPEC-060)."""

from datetime import date, timedelta

from contracts_spec.errors import Problem, SpecError
from contracts_spec.schema import CalendarFile

_DAY = timedelta(days=1)
_SATURDAY = 5


class BusinessDays:
    """Counts business days. A year without a holiday list is an error."""

    def __init__(self, calendar: CalendarFile) -> None:
        self.calendar = calendar
        self._years = frozenset(int(year) for year in calendar.holidays)
        self._holidays = frozenset(day for days in calendar.holidays.values() for day in days)

    def need_year(self, year: int) -> None:
        """Raise SpecError if the year has no holiday list."""
        if year not in self._years:
            found = ", ".join(str(year) for year in sorted(self._years))
            allowed = f"a holiday list is needed for {year}, there are lists for {found}"
            raise SpecError([Problem("calendar.toml", f"holidays.{year}", "", allowed, "CONFIG-007")])

    def is_business_day(self, day: date) -> bool:
        self.need_year(day.year)
        return day.weekday() < _SATURDAY and day not in self._holidays

    def before(self, day: date, count: int) -> date:
        """The `count`-th business day before `day`, not counting `day` (SPEC-061)."""
        return self._walk(day, count, -_DAY)

    def after(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`, not counting `day`."""
        return self._walk(day, count, _DAY)

    def between(self, start: date, end: date) -> int:
        """Number of business days after `start` up to and including `end`."""
        count = 0
        while start < end:
            start += _DAY
            count += self.is_business_day(start)
        return count

    def _walk(self, day: date, count: int, step: timedelta) -> date:
        while count:
            day += step
            count -= self.is_business_day(day)
        return day
