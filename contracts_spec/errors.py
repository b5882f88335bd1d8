"""What is wrong with a specification: every problem found, each with file, key, value and what is allowed."""

from collections.abc import Sequence
from typing import NamedTuple

# Names that journal and messages carry.
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
    """One wrong value. `code` is a CONFIG- rule, or empty where the value has the wrong type or a key is unknown."""

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
    """The specification cannot be used; the text has one line a problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
