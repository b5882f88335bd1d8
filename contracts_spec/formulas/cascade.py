"""Cascade of a parent into its children, and the leg prices of a strip (CASCADE-001 to CASCADE-006)."""

from collections.abc import Sequence
from typing import NamedTuple

from contracts_spec.errors import need_range
from contracts_spec.periods import children
from contracts_spec.symbols import OutrightName
from exchange.codes import Family
from exchange.units import value_mills


class StripLegs(NamedTuple):
    """Prices of a strip's legs in ticks, and what the buyer pays the seller in mills for each lot (CASCADE-006)."""

    leg_ticks: tuple[int, ...]
    residual_mills: int


def cascade_children(parent: OutrightName) -> tuple[OutrightName, ...]:
    """The contracts that a parent becomes: those of a term are PHY, tier and chip are kept; a month has none
    (CASCADE-001)."""
    family = Family.PHY if parent.family is Family.TOP else parent.family
    return tuple(parent._replace(family=family, period=period) for period in children(parent.period))


def cascade_values(price_tick: int, lots: int, parent: OutrightName) -> list[int]:
    """Value in mills of a position in each child; their sum is exactly the parent's value (CASCADE-002).

    price_tick   final settlement price of the parent, at which the children open
    """
    return [value_mills(price_tick, child.period.hours, lots) for child in cascade_children(parent)]


def cascaded(price_tick: int, lots: int, held_lots: int, held_mark_num: int) -> tuple[int, int]:
    """(lots, `mark_num`) of a child after the cascade, with what the account held in it before (CASCADE-002)."""
    return held_lots + lots, held_mark_num + price_tick * lots


def strip_legs(price_tick: int, legs: Sequence[tuple[int, int]]) -> StripLegs:
    """Prices of the legs when a strip trades with a strip: each its settlement plus the same whole number of ticks
    (CASCADE-006). The buyer pays the remainder, which is below the hours of the strip.

    legs         (settlement in ticks, hours) of each leg
    OutOfRange   a leg without hours
    """
    hours = sum(need_range("hours of a leg", one, 1) for _, one in legs)
    need_range("number of legs", len(legs), 1)
    base = sum(settle_tick * one for settle_tick, one in legs)
    shift, residual = divmod(price_tick * hours - base, hours)
    return StripLegs(tuple(settle_tick + shift for settle_tick, _ in legs), residual)
