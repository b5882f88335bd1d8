"""A parsed clearing scenario: its set-up, and its lines in order, each with the moment at which it acts."""

from dataclasses import dataclass

from exchange.conformance.clearing.calc import Calculation
from exchange.conformance.clearing.shapes import Values


@dataclass(frozen=True)
class Line:
    """A line of a file. `place`: file:line; `text`: as it was written, without its comment."""

    place: str
    text: str


@dataclass(frozen=True)
class SetupLine(Line):
    """What stands before the first act: `name` is its word, `values` are those of its shape (`setup.py`)."""

    name: str
    values: Values


@dataclass(frozen=True)
class VerbLine(Line):
    """An act of a user or the operator.

    time_ns   moment up to which, and with which, the day's schedule has run before the line
    name      its word; of `day` and `close` that is all, they only let time pass
    values    of its shape (`verbs.py`)
    refused   reason for which it must be refused; empty: it must be accepted
    """

    time_ns: int
    name: str
    values: Values
    refused: str


@dataclass(frozen=True)
class ExpectLine(Line):
    """What must be true at a moment. `question`: labels of the values that ask; the other values must be the answer."""

    time_ns: int
    name: str
    values: Values
    question: tuple[str, ...]


@dataclass(frozen=True)
class CalcLine(Line):
    """A calculation, and the text of its result."""

    calculation: Calculation


@dataclass(frozen=True)
class ConfigLine(Line):
    """The default configuration with one key changed. `value`: None takes the key away; `refused`: code of the refusal,
    empty if the configuration is good."""

    key: str
    value: str | None
    refused: str


HouseLine = VerbLine | ExpectLine
ScenarioLine = HouseLine | CalcLine | ConfigLine


@dataclass(frozen=True)
class ClearingScenario:
    """One scenario. `needs`: parts of the house that it wants; `start_ns`: where its clock begins."""

    name: str
    codes: tuple[str, ...]
    title: str
    place: str
    needs: tuple[str, ...]
    start_ns: int
    setup: tuple[SetupLine, ...]
    lines: tuple[ScenarioLine, ...]

    @property
    def asks_a_house(self) -> bool:
        """Whether it needs a clearing house, and not only functions."""
        return bool(self.setup) or any(isinstance(line, VerbLine | ExpectLine) for line in self.lines)
