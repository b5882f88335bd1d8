"""Which settlements were published, and what the front months of an index settled at (SETTLE-011, INDEX-003)."""

from typing import Any

from exchange.codes import ComboKind, Family, PeriodKind, SettleMethod
from exchange.reference.clearing import Instrument
from exchange.reference.market import Market
from exchange.units import NS_PER_DAY


def note_settlements(market: Market, books: list[dict[str, Any]], day: int) -> None:
    """DAY_LIMITS: note each outright's settlement, and tell each index that of its front month. Day 0: not known."""
    instruments = market.clearing.instruments
    outrights = [one for one in books if instruments[one["index"]].combo == ComboKind.OUTRIGHT]
    for limits in outrights if day else ():
        market.published.setdefault(instruments[limits["index"]].instrument_id, set()).add(day)
    for index in market.indices.values() if day else ():
        months = [one for one in outrights if _is_month(instruments[one["index"]], index.group, index.floor_bp, day)]
        nearest = min(months, key=lambda one: instruments[one["index"]].ltd_ns, default=None)
        if nearest is not None and nearest.get("method") == SettleMethod.T1:
            index.fronts[day] = nearest["settle_tick"]


def note_finals(market: Market, books: list[int], day: int) -> None:
    """EXPIRE: note the final settlements of index months. Day 0: not known."""
    for index in books if day else ():
        market.published.setdefault(market.clearing.instruments[index].instrument_id, set()).add(day)


def _is_month(one: Instrument, group: int, floor_bp: int, day: int) -> bool:
    """Whether it is a physical month of the chip and tier that still trades on the day."""
    same = (one.group, one.floor_bp, one.family, one.period_kind)
    return same == (group, floor_bp, Family.PHY, PeriodKind.MONTH) and one.ltd_ns // NS_PER_DAY >= day
