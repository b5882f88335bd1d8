"""Instrument ids. The id of an outright has its terms packed; that of a combination is a counter with bit 31 set."""

from typing import NamedTuple

from contracts_spec.periods import Period
from exchange.codes import Family, PeriodKind

CHIP_CODE_MAX = 127
FLOOR_STEP_BP = 500
COMBINATION_BIT = 1 << 31
_MONTHS_END = 1 << 12


class Terms(NamedTuple):
    """The terms in the id of an outright (SPEC-042). `chip_code` 0: no chip; `floor_bp` 0: no tier."""

    chip_code: int
    family: Family
    floor_bp: int
    period: Period


def pack_id(terms: Terms) -> int:
    """`(chip << 24) | (family << 21) | ((floor // 500) << 16) | (kind << 12) | months since 2020-01` (SPEC-042)."""
    floor = terms.floor_bp // FLOOR_STEP_BP
    month = terms.period.start_month
    assert 0 <= terms.chip_code <= CHIP_CODE_MAX and 0 <= floor < 32 and 0 <= month < _MONTHS_END
    return terms.chip_code << 24 | terms.family << 21 | floor << 16 | terms.period.kind << 12 | month


def unpack_id(instrument_id: int) -> Terms:
    """The terms in the id of an outright (SPEC-042). ValueError: it is the id of a combination, or not valid."""
    if not 0 <= instrument_id < COMBINATION_BIT:
        raise ValueError(f"{instrument_id} is not the id of an outright: 0..{COMBINATION_BIT - 1}")
    family = Family(instrument_id >> 21 & 7)
    period = Period(PeriodKind(instrument_id >> 12 & 15), instrument_id & (_MONTHS_END - 1))
    return Terms(instrument_id >> 24, family, (instrument_id >> 16 & 31) * FLOOR_STEP_BP, period)


def is_combination(instrument_id: int) -> bool:
    """Whether the id is that of a combination (SPEC-043)."""
    return bool(instrument_id & COMBINATION_BIT)
