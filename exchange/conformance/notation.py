"""Parses scenario files: one scenario a line, `id | rule codes | parameters | before | messages | expected [| end]`.

Entries of the last four fields are separated by `;`. A field that is only `-` is empty. `#` begins a comment line.
messages.py has the syntax of orders and messages, expected.py that of events. The other fields:

    parameters   algo=fifo|prorata pp= band= vel= imp= ref= ref.M2= ltp= ltp.M2= top= topmax= minalloc= split= mmp=
                 mmpwin= maxshow= tick=
        books       lot=lots increment; hours= hours.M2= of the months; fee=1 fees on; iocm3=1 M3 is ioc_only;
                    term=1 M3 is a term; lead=0 M1 is no lead month; collar= width of the auctions' collar;
                    velwin= length of the velocity window (clock); dcb= dcbwin= width and length of the breaker's;
                    limit=ticks from the settlement to the daily limits; without it the limits lie around every price
                    in the scenario, and the venue must have price levels for them
        accounts    maxord=lots maxpos=lots maxterm=lots closeonly=1 cash=mills firm= of every account;
                    mmpfills= mmpdelta= mmphours= more thresholds of protection
        commodity   spot=lots limit; psr= intra= charges
    end          after the last message: `acct book lots@sum of price * lots` is a position, `acct cash mills` is cash
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from exchange.conformance.expected import read_expected
from exchange.conformance.market import BOOKS, parameter_name
from exchange.conformance.message import Message
from exchange.conformance.messages import read_before, read_message
from exchange.conformance.words import Word, notation_error, number
from exchange.units import CHARGE_MILLS_MAX

FIELDS = "id | rule codes | parameters | book before | messages | expected events"
LARGE = 10**9
TICKS = (-100_000, 100_000)
SWITCH = (0, 1)
# Parameter -> (smallest, largest value).
PARAMETERS = {
    **{parameter_name(name, book): TICKS for name in ("ref", "ltp") for book in BOOKS},
    **dict.fromkeys(("pp", "band", "vel", "dcb", "limit", "velwin", "dcbwin", "collar"), (0, 100_000)),
    **dict.fromkeys(("imp", "top", "fee", "iocm3", "term", "closeonly", "lead"), SWITCH),
    **dict.fromkeys(("topmax", "minalloc", "mmp", "mmpwin", "mmpfills", "mmpdelta", "mmphours", "maxshow"), (0, LARGE)),
    **dict.fromkeys(("tick", "lot", "maxlot"), (1, LARGE)),
    **dict.fromkeys(("maxord", "maxpos", "maxterm", "spot", "firm"), (0, LARGE)),
    **dict.fromkeys(("hours", "hours.M2"), (1, 100_000)),
    "psr": (1, 100_000),
    "intra": (0, CHARGE_MILLS_MAX),
    "split": (0, 100),
    "cash": (0, 10**17),
}
ALGORITHMS = ("fifo", "prorata")
CODE = re.compile(r"[A-Z]+-[0-9]\S*")
PARAMETERS_ALLOWED = f"parameters as name=number: {' '.join(PARAMETERS)}, or algo={'|'.join(ALGORITHMS)}"
END = re.compile(rf"\S+ (cash -?[0-9]+|({'|'.join(BOOKS)}) -?[0-9]+@-?[0-9]+)")


Read = TypeVar("Read")


@dataclass(frozen=True)
class Scenario:
    """One scenario. `shown`: its fields as they were written; `place`: file:line."""

    name: str
    codes: tuple[str, ...]
    parameters: dict[str, int]
    before: list[Message]
    messages: list[Message]
    expected: list[str]
    end: list[str]
    shown: tuple[str, ...]
    place: str


def read_scenarios(text: str, file: str) -> list[Scenario]:
    """The scenarios in a text. `file`: name for errors. NotationError: the first mistake in the text."""
    lines = enumerate(text.split("\n"), 1)
    return [
        _scenario(Word(line, f"{file}:{number}", 1))
        for number, line in lines
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _scenario(line: Word) -> Scenario:
    fields = line.split("|")
    if len(fields) not in (6, 7):
        what = f"{len(fields)} field{'s' if len(fields) > 1 else ''}"
        raise notation_error(Word(what, line.place, fields[min(len(fields), 8) - 1].column), FIELDS)
    title, codes, settings, before, messages, expected, *end = fields
    if not title.text:
        raise notation_error(title, "a scenario's id")
    return Scenario(
        title.text,
        _codes(codes),
        _parameters(settings),
        _entries(before, read_before),
        _entries(messages, read_message),
        _entries(expected, read_expected),
        [read for field in end for read in _entries(field, _end)],
        tuple(field.text for field in fields),
        line.place,
    )


def _codes(field: Word) -> tuple[str, ...]:
    """The rule codes in a field. NotationError: a word is not a rule code."""
    words = [] if _is_empty(field) else field.words()
    for word in words:
        if not CODE.fullmatch(word.text):
            raise notation_error(word, "rule codes like MATCH-001, or - alone")
    return tuple(word.text for word in words)


def _is_empty(field: Word) -> bool:
    """Whether a field is `-`. NotationError: it is blank."""
    if not field.text.strip("; "):
        raise notation_error(field, "- where a field is empty")
    return field.text == "-"


def _entries(field: Word, read: Callable[[Word], Read]) -> list[Read]:
    if _is_empty(field):
        return []
    entries = [entry for entry in field.split(";") if entry.text]
    for entry in entries:
        if entry.text == "-":
            raise notation_error(entry, "an entry, or - alone where a field is empty")
    return [read(entry) for entry in entries]


def _parameters(field: Word) -> dict[str, int]:
    """Values of the parameters in a field by name; of an algorithm its Matching."""
    parameters: dict[str, int] = {}
    for word in [] if _is_empty(field) else field.words():
        key, equals, value = word.text.partition("=")
        if not equals or key in parameters or (key not in PARAMETERS and key != "algo"):
            raise notation_error(word, f"{PARAMETERS_ALLOWED}; each once")
        given = word.part(len(key) + 1)
        if key != "algo":
            parameters[key] = number(given, *PARAMETERS[key], key)
        elif value not in ALGORITHMS:
            raise notation_error(given, " ".join(ALGORITHMS))
        else:
            parameters[key] = ALGORITHMS.index(value)
    return parameters


def _end(entry: Word) -> str:
    text = " ".join(entry.text.split())
    if not END.fullmatch(text):
        raise notation_error(entry, "account book lots@price-sum, or account cash mills")
    return text
