"""Plays clearing scenarios: asks functions for calculations, and a clearing house for everything else."""

from dataclasses import dataclass

from contracts_spec.schema import Spec
from exchange.conformance.clearing.calc import Functions, calculate
from exchange.conformance.clearing.config import GOOD, configure
from exchange.conformance.clearing.expectations import differences
from exchange.conformance.clearing.house import ClearingHouse, NewHouse, NotBuilt
from exchange.conformance.clearing.lines import (
    CalcLine,
    ClearingScenario,
    ConfigLine,
    ExpectLine,
    HouseLine,
    Line,
    VerbLine,
)

HOUSE = "clearing house"  # the part that every scenario needs that asks more than functions
_ONLY_TIME = ("day", "close")


@dataclass(frozen=True)
class FailedLine:
    """A line that ended otherwise than it says."""

    line: Line
    expected: str
    actual: str


@dataclass(frozen=True)
class ClearingOutcome:
    """How a scenario ended.

    missing    part of the house that is not built yet, so that the scenario was not played; empty: it was
    failures   lines that failed; every expectation is tried, also after a failure
    """

    scenario: ClearingScenario
    missing: str
    failures: tuple[FailedLine, ...]

    @property
    def passes(self) -> bool:
        return not self.missing and not self.failures


class ScenarioPlayer:
    """Plays scenarios, each on a new house.

    functions   of the product or of the reference
    new_house   None: there is no clearing house yet
    """

    def __init__(self, functions: Functions, spec: Spec, new_house: NewHouse | None = None) -> None:
        self.functions = functions
        self.spec = spec
        self.new_house = new_house

    def play(self, scenario: ClearingScenario) -> ClearingOutcome:
        """Play one scenario. Calculations and configurations are tried even if a part of the house is missing."""
        house = self.new_house() if self.new_house and scenario.asks_a_house else None
        missing = next((part for part in scenario.needs if not house or part not in house.parts), "")
        if not house and scenario.asks_a_house:
            missing = missing or HOUSE
        failures = self._ask_functions(scenario)
        if house and not missing:
            try:
                house.set_up(scenario.start_ns, scenario.setup)
                for line in scenario.lines:
                    failures += _played(line, house) if isinstance(line, VerbLine | ExpectLine) else []
            except NotBuilt as reason:
                missing = str(reason)
        return ClearingOutcome(scenario, missing if not failures else "", tuple(failures))

    def _ask_functions(self, scenario: ClearingScenario) -> list[FailedLine]:
        failures: list[FailedLine] = []
        for line in scenario.lines:
            if isinstance(line, CalcLine):
                actual = calculate(line.calculation, self.functions, self.spec)
                failures += _compared(line, line.calculation.expected, actual)
            elif isinstance(line, ConfigLine):
                failures += _configured(line)
        return failures


def _compared(line: Line, expected: str, actual: str) -> list[FailedLine]:
    return [] if expected == actual else [FailedLine(line, expected, actual)]


def _configured(line: ConfigLine) -> list[FailedLine]:
    """A refusal must have the expected code among its codes."""
    actual = configure(line.key, line.value)
    if line.refused in actual.split()[1:]:
        return []
    return _compared(line, f"refused {line.refused}" if line.refused else GOOD, actual)


def _played(line: HouseLine, house: ClearingHouse) -> list[FailedLine]:
    """What fails when a house plays a line, and what is broken after it."""
    house.advance(line.time_ns)
    failures = _expected(line, house) if isinstance(line, ExpectLine) else _carried_out(line, house)
    return [*failures, *(FailedLine(line, "nothing broken", broken) for broken in house.broken())]


def _expected(line: ExpectLine, house: ClearingHouse) -> list[FailedLine]:
    wrong = differences(line.values, line.question, house.answer(line))
    return [FailedLine(line, f"{label} {_shown(value)}", f"{label} {_shown(actual)}") for label, value, actual in wrong]


def _carried_out(line: VerbLine, house: ClearingHouse) -> list[FailedLine]:
    if line.name in _ONLY_TIME:
        return []
    before = house.state_hash() if line.refused else b""
    reason = house.carry_out(line)
    failures = _compared(line, _ended(line.refused), _ended(reason or ""))
    if line.refused and reason and house.state_hash() != before:
        failures.append(FailedLine(line, "nothing changed", "another state"))
    return failures


def _ended(refused: str) -> str:
    return f"refused {refused}" if refused else "accepted"


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)
