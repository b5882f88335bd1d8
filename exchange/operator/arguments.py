"""How words of a command line become numbers: exactly as they were typed, or not at all.

Every option and argument of every command that is a number is read here (`cli.app` says so once, for all): a count or
a sum of money that would have to be rounded is refused, and so is text that only some readers take for a number.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import cyclopts

from exchange.errors import UserError
from exchange.units import DIGITS_MAX

WHOLE = re.compile(rf"-?[0-9]{{1,{DIGITS_MAX}}}")
DECIMAL = re.compile(rf"-?[0-9]{{1,{DIGITS_MAX}}}(\.[0-9]{{1,{DIGITS_MAX}}})?")


def whole(text: str) -> int:
    """The integer that a text of ASCII digits says; ValueError for every other text, also for 9.0, 1e3 and 0x10."""
    if WHOLE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a whole number of at most {DIGITS_MAX} digits from 0 to 9, like 60")
    return int(text)


def decimal(text: str) -> float:
    """The number of a text like 60 or 0.5; ValueError for every other text, also for nan, inf and 1_000."""
    if DECIMAL.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a decimal number of digits from 0 to 9, like 60 or 0.5")
    return float(text)


def parse_day(option: str, text: str) -> date | None:
    """The day that an option names, like 2026-11-23; of an empty text none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError(f"{option} {text!r} is not a day like 2026-11-23") from None


READERS = {int: whole, float: decimal}


class NotANumber(cyclopts.CoercionError):
    """What was given for a number is none."""


def read(hint: Any, tokens: Sequence[cyclopts.Token]) -> Any:
    """The value of a parameter; numbers, also those inside of lists and unions, by the readers above."""
    return cyclopts.convert(hint, tokens, converter=_read_one)


def _read_one(hint: Any, text: str) -> Any:
    reader = READERS.get(hint)
    if reader is None:
        return cyclopts.convert(hint, [text])
    try:
        return reader(text)
    except ValueError as error:
        raise NotANumber(msg=str(error)) from None


EXACT = cyclopts.Parameter(converter=read)


def refusal(error: cyclopts.CycloptsError) -> str:
    """A mistake on the command line in one line: which argument, what was found, what is allowed."""
    if not isinstance(error, NotANumber):
        return str(error)
    assert error.token is not None and error.argument is not None
    return f"{error.token.keyword or error.argument.name.lstrip('-').upper()} {error.msg}"
