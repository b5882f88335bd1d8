"""The error of a control that cannot be carried out, and the checks that raise it."""

from collections.abc import Iterable

import numpy as np


class ControlError(Exception):
    """A payload that cannot be carried out: says which field, what was found, what is allowed."""


def require(condition: bool, text: str) -> None:
    """Raise ControlError with this text unless the condition holds."""
    if not condition:
        raise ControlError(text)


def within(name: str, value: int, low: int, high: int) -> None:
    """Raise ControlError unless the value lies in low..high."""
    require(low <= value <= high, f"{name} {value} not in {low}..{high}")


def check_fields(name: str, terms: object, row: np.dtype, fields: Iterable[str]) -> None:
    """Raise ControlError unless these fields of a payload fit into those of the same names in a row."""
    for field in fields:
        kind = np.iinfo(row[field])
        within(f"{name}: {field}", int(getattr(terms, field)), int(kind.min), int(kind.max))
