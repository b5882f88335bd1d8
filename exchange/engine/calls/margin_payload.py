"""The payload of a MARGIN control, from configuration and what is listed (MARGIN-007, MARGIN-009, MARGIN-012)."""

from datetime import date

import numpy as np

from contracts_spec.business_days import BusinessDays
from contracts_spec.periods import day_of
from contracts_spec.schema import Spec
from exchange.clearing_codes import Life
from exchange.codes import ComboKind, Family, PeriodKind
from exchange.engine.calls.margin_run import MarginPayload
from exchange.units import NS_PER_DAY, NS_PER_S

CHIP_SHIFT = 24  # of an instrument id (SPEC-042)


def margin_payload(states: np.ndarray, spec: Spec, day: date) -> MarginPayload:
    """The payload of a run on trading day `day`. Pairs with a commodity that is not listed are left out."""
    rates, commodities = spec.margin, commodities_of(states, spec)
    return MarginPayload(
        pairs=[
            (commodities[one], commodities[other], *pair.ratio, pair.credit_bp)
            for pair in rates.pair
            for one, other in [pair.legs]
            if one in commodities and other in commodities
        ],
        addon=_addon_months(states, spec, day),
        addon_bp=rates.delivery_addon_bp,
        maintenance_bp=rates.maintenance_bp,
        call_ns=rates.call_minutes * 60 * NS_PER_S,
    )


def commodities_of(states: np.ndarray, spec: Spec) -> dict[str, int]:
    """Commodity of each leg name of a pair that is listed: a chip, or its index contracts as `CHIP/I`."""
    chips = {chip.code: chip.name for chip in spec.chips}
    columns = _outrights(states, "instrument_id", "family", "commodity")
    return {
        chips[instrument >> CHIP_SHIFT] + ("/I" if family == Family.IDX else ""): commodity
        for instrument, family, commodity in zip(*columns, strict=True)
        if instrument >> CHIP_SHIFT in chips
    }


def _outrights(states: np.ndarray, *names: str) -> list[list[int]]:
    """Fields of all outrights that are listed."""
    books = states["books"][0]
    found = np.flatnonzero((books["life"] == Life.LISTED) & (books["combo"] == ComboKind.OUTRIGHT))
    return [books[name][found].tolist() for name in names]


def _addon_months(states: np.ndarray, spec: Spec, day: date) -> list[tuple[int, int]]:
    """(commodity, month) of physical months from the close some business days before their last trading day on."""
    days, found = BusinessDays(spec.calendar), set()
    columns = _outrights(states, "commodity", "start_month", "ltd_ns", "family", "period_kind")
    for commodity, month, ltd_ns, *kind in set(zip(*columns, strict=True)):
        if kind == [Family.PHY, PeriodKind.MONTH]:
            ltd = day_of(ltd_ns // NS_PER_DAY)
            if days.before(ltd, spec.margin.delivery_addon_business_days) < day <= ltd:
                found.add((commodity, month))
    return sorted(found)
