"""Facts and curves of one book, as the report, the JSON and other code take them."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from bench.facts.estimators import Estimate


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One number about a book.

    key         stable name, its unit last
    definition  how the value is made from messages and trades
    source      paper that defines the quantity or reports the fact
    low, high   95 % interval; null: not known
    count       values that it is made from
    missing     why there is no value; empty: there is one
    """

    key: str
    name: str
    unit: str
    definition: str
    source: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    count: int = 0
    missing: str = ""


class Curve(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """A function about a book: y at each x, with 95 % intervals if known."""

    key: str
    name: str
    x_name: str
    y_name: str
    definition: str
    source: str
    x: list[float] = []
    y: list[float | None] = []
    low: list[float | None] | None = None
    high: list[float | None] | None = None
    missing: str = ""


class FactSheet(msgspec.Struct, frozen=True, kw_only=True):
    """All facts and curves of one book, by key."""

    facts: dict[str, Fact]
    curves: dict[str, Curve]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a fact is about: its texts, without a value."""

    key: str
    name: str
    unit: str
    definition: str
    source: str

    def of(self, found: Estimate, otherwise: str, interval: tuple[float, float] | None = None) -> Fact:
        """The fact with an estimate. `otherwise`: why it is missing, if its value is NaN."""
        if not np.isfinite(found.value):
            return self.without(otherwise, found.count)
        low, high = interval or found.interval
        return Fact(
            **msgspec.structs.asdict(self),
            value=float(found.value),
            low=number(low),
            high=number(high),
            count=found.count,
        )

    def exact(self, value: float, count: int) -> Fact:
        """The fact with a value that is counted, or has no interval."""
        return Fact(**msgspec.structs.asdict(self), value=number(value), count=count)

    def without(self, missing: str, count: int = 0) -> Fact:
        """The fact without a value."""
        return Fact(**msgspec.structs.asdict(self), missing=missing, count=count)


def number(value: Any) -> float | None:
    """A number for JSON: null in place of NaN and infinity."""
    return float(value) if np.isfinite(value) else None


def numbers(values: Sequence[float] | np.ndarray) -> list[float | None]:
    """Numbers for JSON."""
    return [number(value) for value in values]
