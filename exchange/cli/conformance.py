"""Runs scenario files for `gpux conformance`, and reports what was expected and what happened in those that fail.

A file has scenarios of matching, one a line, or of clearing, which begin with the word `scenario`.
"""

import codecs
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from contracts_spec.load import load_spec
from exchange.conformance.clearing.lines import ClearingScenario
from exchange.conformance.clearing.notation import is_clearing, read_clearing
from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.runner import ClearingOutcome, ScenarioPlayer
from exchange.conformance.clearing.twins import TWINS
from exchange.conformance.engine_house.house import EngineHouse
from exchange.conformance.expected import sorted_runs
from exchange.conformance.notation import Scenario, read_scenarios
from exchange.conformance.runner import CannotRun, run_scenario
from exchange.conformance.venues import ConformanceVenue, EngineVenue, ReferenceVenue
from exchange.conformance.words import NotationError
from exchange.errors import UserError
from exchange.reference.house.house import ReferenceHouse

SHOWN_FIELDS = {"parameters": 2, "before": 3, "messages": 4}  # parts of a scenario that a report shows, by place


@dataclass(frozen=True)
class Outcome:
    """Expected and actual events of one scenario.

    obstacle         why the scenario could not run; empty: it ran
    refused_before   refused orders among those that set up the book
    """

    scenario: Scenario
    expected: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()
    obstacle: str = ""
    refused_before: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        return not self.obstacle and self.expected == self.actual


def conformance(files: list[str], reference: bool) -> tuple[Iterator[str], Callable[[], int]]:
    """Run the scenarios of files, on the engine or on the reference. UserError: a file cannot be read.

    returns   (lines to print as they come, function that gives the exit code after all lines are read)
    """
    scenarios = [scenario for file in files for scenario in read_file(file)]
    if not scenarios:
        raise UserError(f"{', '.join(files)}: no scenarios")
    new_venue: Callable[[], ConformanceVenue] = ReferenceVenue if reference else EngineVenue
    functions = TWINS if reference else PRODUCT
    player = ScenarioPlayer(functions, load_spec(), ReferenceHouse if reference else EngineHouse)
    counts = Counter[str]()
    apart: dict[str, list[str]] = {}

    def lines() -> Iterator[str]:
        for scenario in scenarios:
            if isinstance(scenario, ClearingScenario):
                played = player.play(scenario)
                if played.missing:
                    apart.setdefault(played.missing, []).append(scenario.name)
                    continue
                passes, shown = played.passes, clearing_report(played)
            else:
                outcome = run(scenario, new_venue)
                passes, shown = outcome.passes, report(outcome)
            counts["passed" if passes else "failed"] += 1
            yield from () if passes else shown
        yield from (f"not built yet: {part}: {' '.join(names)}" for part, names in apart.items())
        yield f"{counts['passed']} of {counts.total()} scenarios pass"

    return lines(), lambda: int(bool(counts["failed"]))


def read_file(file: str) -> list[Scenario] | list[ClearingScenario]:
    """The scenarios of a file. UserError: it cannot be read. NotationError: it is not UTF-8 or has a mistake."""
    try:
        data = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"{file}: {reason}; allowed: text files of scenarios, UTF-8") from None
    text = _decoded(data.removeprefix(codecs.BOM_UTF8), file)
    return read_clearing(text, file) if is_clearing(text) else read_scenarios(text, file)


def _decoded(data: bytes, file: str) -> str:
    """The text of UTF-8 bytes without a byte order mark; any kind of line end becomes a line feed."""
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        *lines, line = data[: error.start].decode().split("\n")
        place = f"{file}:{len(lines) + 1}:{len(line) + 1}"
        raise NotationError(f"{place}: found byte 0x{data[error.start]:02x}, allowed: UTF-8") from None


def run(scenario: Scenario, new_venue: Callable[[], ConformanceVenue]) -> Outcome:
    """Run one scenario on a new venue."""
    try:
        result = run_scenario(scenario, new_venue())
    except CannotRun as error:
        return Outcome(scenario, obstacle=f"cannot run: {error}")
    expected = (*sorted_runs(scenario.expected), *(f"end: {entry}" for entry in scenario.end))
    actual = (*sorted_runs(result.events), *(f"end: {entry}" for entry in result.end))
    return Outcome(scenario, expected, actual, refused_before=tuple(result.refused_before))


def report(outcome: Outcome) -> Iterator[str]:
    """Lines that explain a failure; `>` marks the first difference."""
    scenario = outcome.scenario
    codes = f" ({' '.join(scenario.codes)})" if scenario.codes else ""
    title = f"FAIL {scenario.name}{codes} at {scenario.place}"
    if outcome.obstacle:
        yield f"{title}: {outcome.obstacle}"
    else:
        yield title
        yield from (f"  {name:<11} {scenario.shown[place]}" for name, place in SHOWN_FIELDS.items())
        if outcome.refused_before:
            yield f"  {'refused':<11} {'; '.join(outcome.refused_before)} (of the book before)"
        width = max(len(event) for event in ("expected", *outcome.expected))
        yield f"    {'expected':<{width}}  actual"
        marked = False
        for expected, actual in zip_longest(outcome.expected, outcome.actual, fillvalue="(nothing)"):
            first = expected != actual and not marked
            marked = marked or first
            yield f"  {'>' if first else ' '} {expected:<{width}}  {actual}"
    yield ""


def clearing_report(outcome: ClearingOutcome) -> Iterator[str]:
    """Lines that explain the failure of a clearing scenario: each line of it that failed, expected and actual."""
    scenario = outcome.scenario
    yield f"FAIL {scenario.name} ({' '.join(scenario.codes)}) at {scenario.place}: {scenario.title}"
    for failure in outcome.failures:
        yield f"  {failure.line.place}: {failure.line.text}"
        yield f"    expected  {failure.expected}"
        yield f"    actual    {failure.actual}"
    yield ""
