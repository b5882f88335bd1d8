"""What the engine has not got yet, each with its name. A verb, an expectation or a point that is built leaves here."""

from collections.abc import Sequence

from exchange.codes import Family, PeriodKind, SettleMethod
from exchange.conformance.clearing.house import NotBuilt
from exchange.conformance.clearing.lines import SetupLine
from exchange.conformance.engine_house.running import RunningVenue
from exchange.engine.query import InstrumentRow

BLOCKS = "blocks (LIMIT-006)"
ADJUSTMENTS = "cash adjustments (SETTLE-011)"
INDEX = "the index (INDEX-001 to INDEX-003)"
IN_PROGRESS = "index months in progress (SETTLE-008)"
STATEMENTS = "statements (SETTLE-012)"
FLAGS = "flags of position limits (LIMIT-002)"

SETUP = {"source": INDEX}
VERBS = {"block": BLOCKS, "adjust": ADJUSTMENTS, "index": INDEX, "rental": INDEX, "committee": INDEX}
EXPECTATIONS = {
    "statement": STATEMENTS,
    "index": INDEX,
    "flag": FLAGS,
}


def check_setup(lines: Sequence[SetupLine]) -> None:
    """Raise NotBuilt for a set-up line of something that is not built."""
    for line in lines:
        if line.name in SETUP:
            raise NotBuilt(SETUP[line.name])


def check_verb(name: str) -> None:
    """Raise NotBuilt for a verb that is not built."""
    if name in VERBS:
        raise NotBuilt(VERBS[name])


def check_expectation(name: str) -> None:
    """Raise NotBuilt for an expectation that is not built."""
    if name in EXPECTATIONS:
        raise NotBuilt(EXPECTATIONS[name])


def check_index(venue: RunningVenue) -> None:
    """Raise NotBuilt after a close if an index month in progress took its price from days that are not known."""
    for row in venue.instruments.values():
        if _waits_for_index(venue, row) and venue.states["books"][0][row.index]["long_and_short_lots"]:
            raise NotBuilt(IN_PROGRESS)


def check_settled(venue: RunningVenue, row: InstrumentRow) -> None:
    """Raise NotBuilt for the settlement of an index month in progress that follows from days that are not known."""
    if _waits_for_index(venue, row):
        raise NotBuilt(IN_PROGRESS)


def _waits_for_index(venue: RunningVenue, row: InstrumentRow) -> bool:
    in_progress = row.period_kind == PeriodKind.MONTH and row.start_month <= months_since_2020(venue)
    method = venue.states["books"][0][row.index]["settle_method"]
    return row.family == Family.IDX and in_progress and method not in (SettleMethod.T1, SettleMethod.T2)


def months_since_2020(venue: RunningVenue) -> int:
    return (venue.day.year - 2020) * 12 + venue.day.month - 1
