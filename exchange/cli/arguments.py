"""Reads numbers and days of a command line, exactly as they are typed.

`cli.app` uses these readers for every number in every command. A number that would have to be rounded is refused, and
so is text that only some parsers accept as a number.
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
    """The integer in a text of ASCII digits. ValueError: any other text, also 9.0, 1e3 and 0x10."""
    if WHOLE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a whole number of at most {DIGITS_MAX} digits from 0 to 9, like 60")
    return int(text)


def decimal(text: str) -> float:
    """The number in a text like 60 or 0.5. ValueError: any other text, also nan, inf and 1_000."""
    if DECIMAL.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a decimal number of digits from 0 to 9, like 60 or 0.5")
    return float(text)


def parse_day(option: str, text: str) -> date | None:
    """The day in a text like 2026-11-23; None if it is empty. UserError: it is no day; `option` is named in it."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError(f"{option} {text!r} is not a day like 2026-11-23") from None


READERS = {int: whole, float: decimal}


class NotANumber(cyclopts.CoercionError):
    """An argument that should be a number is not one."""


def read(hint: Any, tokens: Sequence[cyclopts.Token]) -> Any:
    """The value of a parameter. Numbers are read by `READERS`, also in lists and unions."""
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
    """The text of a command line error in one line: which argument, what was found, what is allowed."""
    if not isinstance(error, NotANumber):
        return str(error)
    assert error.token is not None and error.argument is not None
    return f"{error.token.keyword or error.argument.name.lstrip('-').upper()} {error.msg}"
