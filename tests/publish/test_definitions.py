"""Definitions of a listed catalogue against the contract specification that they come from, field by field."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from contracts_spec.business_days import BusinessDays
from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from contracts_spec.outrights import Instrument
from exchange.codes import CommandKind, Family, OrderEntry, PeriodKind
from exchange.conformance.venues import rows
from exchange.engine import query
from exchange.engine.control.catalogue import listing_payloads
from exchange.engine.engine import Engine
from exchange.limits import MEDIUM
from exchange.publish.instruments import InstrumentTable
from exchange.reference.rows import Command
from exchange.venue.listings import chip_terms

LAUNCH = date(2026, 11, 23)
SPEC = load_spec()
KINDS = {"MONTH": "month", "QUARTER": "quarter", "YEAR": "year", "TERM3": "term3", "TERM5": "term5"}


def chosen() -> list[Instrument]:
    """Some outrights of one chip in two tiers, the first of every other family and length, and all combinations of
    those: as many books as a small engine has."""
    all_of_them = instruments_on(SPEC, LAUNCH)
    chip = all_of_them[0].chip
    months = [one for one in all_of_them if one.chip == chip and not one.legs and one.floor_bp in (9_000, 9_500)]
    months = [one for one in months if one.family is Family.PHY and one.kind is not None and one.kind.name == "MONTH"]
    first = {(one.family, one.kind, one.chip == chip): one for one in reversed(all_of_them) if not one.legs}
    outrights = [one for one in all_of_them if one in months or one in first.values()]
    ids = {one.id for one in outrights}
    combinations = [one for one in all_of_them if one.legs and {leg for leg, _ in one.legs} <= ids]
    return [*outrights, *combinations][: len(Engine(MEDIUM).states[0].books) - 1]


def wanted(one: Instrument) -> dict[str, Any]:
    """The definition in the words of the wire, each figure from the specification alone."""
    chip = next(chip for chip in SPEC.listed_chips if chip.name == one.chip)
    margin = SPEC.margin
    rates: dict[str, Any] = {
        "psr": chip.psr_mills, "intra": margin.intra_mills, "tier": margin.tier_mills,
        "addon_bp": margin.delivery_addon_bp,
    }  # fmt: skip
    if one.kind == PeriodKind.MONTH and one.family == Family.PHY:
        ltd = datetime.fromtimestamp(one.ltd_ns / 1e9, UTC).date()
        rates["addon_from"] = str(BusinessDays(SPEC.calendar).before(ltd, 5) + timedelta(days=1))
    start = datetime.fromtimestamp(one.deliv_from / 1e9, UTC)
    return {
        "i": one.id, "sym": one.symbol, "rev": 1, "fam": one.family.name, "chip": one.chip, "floor_bp": one.floor_bp,
        "from": f"{start:%Y-%m-%d}", "hours": one.hours, "tick_mills": 1, "min_inc": one.min_inc, "min_q": 1,
        "max_q": one.order_lots_max, "unit_lots": one.unit_lots, "ccy": "USD", "match": one.matching.name.lower(),
        "band": one.band_ticks, "limit": (one.low_tick, one.high_tick), "settle": one.settle_tick,
        "ltd": one.ltd_ns // 1_000, "deliv_from": one.deliv_from // 1_000, "deliv_to": one.deliv_to // 1_000,
        "maker_fee": one.maker_fee, "taker_fee": one.taker_fee, "phase": "CLOSED",
        "auction_fee": one.auction_fee,
        "kind": KINDS[one.kind.name] if one.kind is not None else "",
        "ref_tenths": chip.ref_tenths, **({"ref_prov": True} if chip.ref_provisional else {}),
        **({} if one.legs else {"rates": rates}),
        **({"ioc_only": True} if one.order_entry == OrderEntry.IOC_ONLY else {}),
        **({"combo": one.combo.name.lower(), "legs": [tuple(leg) for leg in one.legs]} if one.legs else {}),
    }  # fmt: skip


@pytest.mark.rule("MDATA-017", "MDATA-012", "MDATA-022", "SPEC-041", "MARGIN-004")
def test_every_definition_says_what_the_specification_says() -> None:
    instruments, engine = chosen(), Engine(MEDIUM)
    assert sum(bool(one.legs) for one in instruments) > 10 and len({one.combo for one in instruments}) >= 3
    for payload in listing_payloads(instruments, SPEC, LAUNCH):
        engine.control(rows([Command(kind=CommandKind.LIST)]), payload)
    table = InstrumentTable(lambda: query.known_instruments(engine.states), chip_terms(SPEC))
    table.refresh()
    commodities: dict[tuple[str, bool], set[str | None]] = {}
    for index, one in enumerate(instruments, 1):
        told = msgspec.to_builtins(table.definition(index, "CLOSED"))
        commodities.setdefault((one.chip, one.family == Family.IDX), set()).add(told.get("rates", {}).pop("k", None))
        assert told == wanted(one), one.symbol
    names = {(chip, index): f"{chip}/I" if index else chip for chip, index in commodities}
    assert {key: found - {None} for key, found in commodities.items()} == {key: {name} for key, name in names.items()}
    assert {index for _, index in names} == {True, False}, "physical contracts with terms, index months"
