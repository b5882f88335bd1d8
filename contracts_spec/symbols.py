"""Writes and reads symbols, the text names of contracts (SPEC-040, SPEC-041).

    outright   <CHIP>.<TIER>.<PERIOD>[/I]    INF.<TIER>.<PERIOD>    PWS.<PERIOD>    <CHIP>.GPX.<PERIOD>
    calendar   <CHIP>.<TIER>.<MONTH>-<MONTH>     price = first - second; a buyer buys the first and sells the second
    tier       <CHIP>.<TIER>-<TIER>.<MONTH>      as a calendar spread
    strip      <CHIP>.<TIER>.<MONTH>:<MONTH>     every month from the first to the last

A symbol can be valid although its contract is not listed.
"""

import re
from typing import NamedTuple

from contracts_spec.periods import PERIOD_PATTERN, TERMS, Period, parse_period
from exchange.codes import ComboKind, Family, PeriodKind

RESERVED_NAMES = ("INF", "PWS", "GPX")
CHIP_PATTERN = r"[A-Z][A-Z0-9]{0,15}"
_CHIP = rf"(?P<chip>{CHIP_PATTERN})\."
_TIER = r"G\d{2,3}"
_MONTH = r"[FGHJKMNQUVXZ]\d\d"
_OUTRIGHT = re.compile(rf"{_CHIP}(?:(?P<tier>{_TIER}|GPX)\.)?(?P<period>{PERIOD_PATTERN})(?P<index>/I)?", re.ASCII)
_CALENDAR = re.compile(rf"{_CHIP}(?P<tier>{_TIER})\.(?P<first>{_MONTH})(?P<link>[-:])(?P<second>{_MONTH})", re.ASCII)
_TIER_SPREAD = re.compile(rf"{_CHIP}(?P<first>{_TIER})-(?P<second>{_TIER})\.(?P<period>{_MONTH})", re.ASCII)


class OutrightName(NamedTuple):
    """The parts of an outright's symbol; `chip` is empty for INF and PWS, `floor_bp` is 0 for PWS and GPX."""

    chip: str
    family: Family
    floor_bp: int
    period: Period


class CombinationName(NamedTuple):
    """The parts of a combination's symbol: its kind and its legs, the bought leg first."""

    combo: ComboKind
    legs: tuple[OutrightName, ...]


def tier_name(floor_bp: int) -> str:
    return f"G{floor_bp // 100:02d}"


def symbol_text(name: OutrightName | CombinationName) -> str:
    """The symbol of a contract (SPEC-040, SPEC-041)."""
    if isinstance(name, OutrightName):
        return _outright_text(name)
    first, last = name.legs[0], name.legs[-1]
    if name.combo is ComboKind.TIER:
        return f"{first.chip}.{tier_name(first.floor_bp)}-{tier_name(last.floor_bp)}.{first.period.code}"
    link = "-" if name.combo is ComboKind.CALENDAR else ":"
    return f"{_outright_text(first)}{link}{last.period.code}"


def parse_symbol(symbol: str) -> OutrightName | CombinationName:
    """The contract of a symbol (SPEC-040, SPEC-041). ValueError: the symbol is not valid; the text says why."""
    if found := _OUTRIGHT.fullmatch(symbol):
        return _outright(symbol, found)
    if found := _CALENDAR.fullmatch(symbol):
        return _calendar_or_strip(symbol, found)
    if found := _TIER_SPREAD.fullmatch(symbol):
        period = parse_period(found["period"])
        floors = [int(found[side][1:]) * 100 for side in ("first", "second")]
        if floors[0] <= floors[1]:
            raise ValueError(f"{symbol}: a tier spread names the higher tier first, like H100.G95-G90.F27")
        chip = _plain_chip(symbol, found["chip"])
        return CombinationName(ComboKind.TIER, tuple(OutrightName(chip, Family.PHY, f, period) for f in floors))
    raise ValueError(
        f"{symbol!r} is no symbol: H100.G90.F27, H100.G90.Q1-27, H100.G90.C27, H100.G90.T3-27, H100.G90.F27/I, "
        "H100.G90.F27-G27 (calendar), H100.G95-G90.F27 (tier spread) or H100.G90.F27:H27 (strip)"
    )


def _outright_text(name: OutrightName) -> str:
    code = name.period.code
    match name.family:
        case Family.PWS:
            return f"PWS.{code}"
        case Family.GPX:
            return f"{name.chip}.GPX.{code}"
        case Family.INF:
            return f"INF.{tier_name(name.floor_bp)}.{code}"
        case _:
            index = "/I" if name.family is Family.IDX else ""
            return f"{name.chip}.{tier_name(name.floor_bp)}.{code}{index}"


def _outright(symbol: str, found: re.Match[str]) -> OutrightName:
    chip, tier, period = found["chip"], found["tier"], parse_period(found["period"])
    family = _family(chip, tier, period)
    if found["index"]:
        if family is not Family.PHY:
            raise ValueError(f"{symbol}: only months, quarters and years of a chip have an index twin (/I)")
        family = Family.IDX
    if (tier is None) != (family is Family.PWS):
        raise ValueError(f"{symbol}: {'PWS has no' if tier else 'a quality'} tier{'' if tier else ' is missing'}")
    if tier == "GPX" and chip in RESERVED_NAMES:
        raise ValueError(f"{symbol}: GPX needs a chip, like H100.GPX.F27")
    floor_bp = 0 if tier in (None, "GPX") else int(tier[1:]) * 100
    return OutrightName("" if family in (Family.INF, Family.PWS) else chip, family, floor_bp, period)


def _family(chip: str, tier: str | None, period: Period) -> Family:
    if chip in ("INF", "PWS"):
        return Family[chip]
    if tier == "GPX":
        return Family.GPX
    return Family.TOP if period.kind in TERMS else Family.PHY


def _calendar_or_strip(symbol: str, found: re.Match[str]) -> CombinationName:
    first, second = parse_period(found["first"]), parse_period(found["second"])
    if first.start_month >= second.start_month:
        raise ValueError(f"{symbol}: the nearer month comes first")
    chip, floor_bp = _plain_chip(symbol, found["chip"]), int(found["tier"][1:]) * 100
    if found["link"] == "-":
        months = range(first.start_month, second.end_month, second.start_month - first.start_month)
        combo = ComboKind.CALENDAR
    else:
        months = range(first.start_month, second.end_month)
        combo = ComboKind.STRIP
    legs = (OutrightName(chip, Family.PHY, floor_bp, Period(PeriodKind.MONTH, month)) for month in months)
    return CombinationName(combo, tuple(legs))


def _plain_chip(symbol: str, chip: str) -> str:
    if chip in RESERVED_NAMES:
        raise ValueError(f"{symbol}: spreads and strips are made of a chip's months")
    return chip
