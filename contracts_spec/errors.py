"""Problems of a specification, each with file, key, value and the allowed values; figures that cannot be."""

from collections.abc import Sequence
from typing import NamedTuple

# Name of each rule in messages and in the journal.
CONFIG_NAMES = {
    "CONFIG-001": "CHIP_INCOMPLETE",
    "CONFIG-002": "TIER_GRID",
    "CONFIG-003": "RATIO_RANGE",
    "CONFIG-004": "PRICE_RANGE",
    "CONFIG-005": "OVERFLOW",
    "CONFIG-006": "CALENDAR_DEPTH",
    "CONFIG-007": "HOLIDAY_YEAR",
    "CONFIG-008": "PAIR_ORDER",
    "CONFIG-009": "INDEX_SOURCE",
    "CONFIG-010": "FROZEN_TERM",
    "CONFIG-011": "WORKLOAD_HASH",
}


class Problem(NamedTuple):
    """One wrong value. `code`: the CONFIG rule that it breaks; empty for a wrong type or an unknown key."""

    file: str
    key: str
    value: str
    allowed: str
    code: str = ""

    def __str__(self) -> str:
        found = f" = {self.value}" if self.value else ""
        rule = f" ({self.code} {CONFIG_NAMES[self.code]})" if self.code else ""
        return f"{self.file}: {self.key}{found}: {self.allowed}{rule}"


class SpecError(Exception):
    """The specification is not valid; the text has one line for each problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class OutOfRange(ValueError):
    """A figure that cannot be, such as more usable hours than committed ones; a venue refuses it (OUT_OF_RANGE)."""


def need_range(name: str, value: int, low: int, high: int | None = None) -> int:
    """The value, if it is in `low` to `high` inclusive; without `high`, if it is at least `low`. OutOfRange otherwise.

    name   of the value in the error
    """
    if value < low or (high is not None and value > high):
        allowed = f"must be at least {low}" if high is None else f"not in {low}..{high}"
        raise OutOfRange(f"{name} {value} {allowed}")
    return value
