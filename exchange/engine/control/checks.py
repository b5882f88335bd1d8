"""ControlError, and checks that raise it."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from exchange.limits import LADDER_TICKS_MAX
from exchange.records import DIGEST_BYTES
from exchange.units import PRICE_MAX

DAY_MAX = 2**31 - 1  # a trading day, days since 1970


class ControlError(Exception):
    """A control cannot be carried out. The text names the field, what was found and what is allowed."""


def require(condition: bool, text: str) -> None:
    """Raise ControlError with this text unless the condition holds."""
    if not condition:
        raise ControlError(text)


def within(name: str, value: int, low: int, high: int) -> None:
    """Raise ControlError unless a value is in low..high. If that range is empty, the text says so."""
    allowed = f"not in {low}..{high}" if low <= high else f"is not allowed: nothing lies between {low} and {high}"
    require(low <= value <= high, f"{name} {value} {allowed}")


def require_each(holds: np.ndarray, text: Callable[[int], str]) -> None:
    """Raise ControlError with the text of the first place at which a condition does not hold."""
    for place in np.flatnonzero(~holds)[:1].tolist():
        raise ControlError(text(place))


def each_within(name: Callable[[int], str], values: Sequence[int], low: int, high: int) -> None:
    """`within` for many values: the first one outside is named. `name`: of the value at a place."""
    if values and not low <= min(values) <= max(values) <= high:
        place = next(place for place, value in enumerate(values) if not low <= value <= high)
        within(name(place), values[place], low, high)


def check_window(name: str, low_tick: int, settle_tick: int, high_tick: int) -> None:
    """Raise ControlError unless a book can have these daily limits and this settlement price, ticks (BAND-013)."""
    within(f"{name}: settle_tick", settle_tick, -PRICE_MAX, PRICE_MAX)
    within(f"{name}: low_tick", low_tick, -PRICE_MAX, settle_tick)
    within(f"{name}: high_tick", high_tick, settle_tick, PRICE_MAX)
    within(f"{name}: window ticks", high_tick - low_tick + 1, 1, LADDER_TICKS_MAX)


def check_windows(
    name: Callable[[int], str], low_ticks: Sequence[int], settle_ticks: Sequence[int], high_ticks: Sequence[int]
) -> None:
    """`check_window` for many books. `name`: of the book at a place, for the message."""
    for place, (low, settle, high) in enumerate(zip(low_ticks, settle_ticks, high_ticks, strict=True)):
        if not -PRICE_MAX <= low <= settle <= high <= PRICE_MAX or high - low >= LADDER_TICKS_MAX:
            check_window(name(place), low, settle, high)


def check_digest(name: str, text: str) -> None:
    """Raise ControlError unless a text is empty or a SHA-256 in hexadecimal."""
    hexadecimal = len(text) == 2 * DIGEST_BYTES and not set(text) - set("0123456789abcdef")
    require(not text or hexadecimal, f"{name} {text!r}: not {2 * DIGEST_BYTES} digits 0 to 9 and a to f")


def check_fields(name: str, terms: object, row: np.dtype, fields: Iterable[str]) -> None:
    """Raise ControlError unless these fields of a payload fit into the integer fields of the same names in a row."""
    for field in fields:
        kind = np.iinfo(row[field])
        within(f"{name}: {field}", int(getattr(terms, field)), int(kind.min), int(kind.max))
