"""Does the work of `gpux contracts`: lists and filters the contracts of a day, or prints one of them."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from contracts_spec.changes import check_change
from contracts_spec.errors import SpecError
from contracts_spec.formulas.margin import maintenance
from contracts_spec.formulas.routing import effective_price
from contracts_spec.instruments import Instrument, instruments_on
from contracts_spec.load import load_spec
from contracts_spec.lot_margin import lot_margin
from contracts_spec.schema import Spec
from exchange.cli.arguments import parse_day
from exchange.cli.contract_explained import explain, kind_name, utc_text, why_not_listed
from exchange.codes import ComboKind, Family, OrderEntry
from exchange.demo.display import print_whole
from exchange.errors import UserError
from exchange.journal.errors import EXIT_CONFIGURATION
from exchange.seams import RealClock
from exchange.units import NS_PER_S, price_text

KINDS = ("month", "quarter", "year", "term3", "term5", "calendar", "tier", "strip")
PIPE_COLUMNS = 150
SPARE = ("id", "orders", "family", "hours", "kind")  # columns that a narrow terminal does without


@dataclass(frozen=True)
class Filters:
    """Filters of the list. An empty text matches everything."""

    chip: str = ""
    tier: str = ""
    kind: str = ""
    family: str = ""
    symbol_glob: str = ""


@dataclass(frozen=True)
class DayCatalogue:
    """The instruments of one trading day."""

    spec: Spec
    day: date
    instruments: tuple[Instrument, ...]
    by_id: Mapping[int, Instrument]


def show_contracts(symbol: str, filters: Filters, day: str, as_json: bool, folder: str) -> None:
    """Print the contract `symbol`, or without a symbol all contracts that match the filters.

    UserError: the symbol, a filter, the date or the folder is not valid
    """
    if symbol:
        check_alone(f"the symbol {symbol}", filters)
    catalogue = open_catalogue(day, folder)
    if symbol:
        show_one(catalogue, symbol, as_json)
    else:
        show_list(catalogue, filters, as_json)


def check_alone(asked: str, filters: Filters, symbol: str = "", as_json: bool = False) -> None:
    """Raise UserError if an option is given that cannot be combined with `asked`, which is the text for the message."""
    said = {field.name: getattr(filters, field.name) for field in fields(filters)}
    given = [f"--{name.replace('_', '-')} {value}" for name, value in said.items() if value]
    given += [f"the symbol {symbol}"] * bool(symbol) + ["--json"] * as_json
    if given:
        raise UserError(f"{', '.join(given)} does not apply to {asked}, allowed: one without the other")


def open_catalogue(day: str, folder: str) -> DayCatalogue:
    """Read the specification and create the instruments of the day."""
    trading_day = _trading_day(day)
    try:
        spec = load_spec(folder or None)
        instruments = tuple(instruments_on(spec, trading_day))
    except SpecError as error:
        raise _in_one_line(error) from None
    return DayCatalogue(spec, trading_day, instruments, {one.id: one for one in instruments})


def _in_one_line(error: SpecError) -> UserError:
    """All problems of a specification in one line."""
    return UserError("; ".join(str(problem) for problem in error.problems), EXIT_CONFIGURATION)


def show_changes(folder: str, against: str, day: str) -> None:
    """Check that a specification may replace the one in force. UserError: it changes terms of listed contracts."""
    trading_day = _trading_day(day)
    try:
        if changes := check_change(load_spec(against), load_spec(folder or None), trading_day):
            raise SpecError(changes)
    except SpecError as error:
        raise _in_one_line(error) from None
    output().print(f"nothing that is listed on {trading_day} changes its terms", highlight=False)


def _trading_day(text: str) -> date:
    """The day of a text; of an empty text, today in UTC."""
    return parse_day("--date", text) or datetime.fromtimestamp(RealClock().wall_us() // 1_000_000, UTC).date()


def show_one(catalogue: DayCatalogue, symbol: str, as_json: bool) -> None:
    """Print one contract in words and numbers."""
    found = next((one for one in catalogue.instruments if one.symbol == symbol.upper()), None)
    if found is None:
        raise UserError(why_not_listed(catalogue.spec, symbol.upper(), catalogue.day))
    if as_json:
        write_json(as_plain(catalogue, found))
        return
    console = output()
    sentences, numbers = explain(catalogue.spec, found, catalogue.by_id)
    console.print(f"[bold]{found.symbol}[/bold]\n")
    for sentence in sentences:
        console.print(sentence, highlight=False)
    console.print()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in numbers:
        table.add_row(label, text)
    console.print(table)


def show_list(catalogue: DayCatalogue, filters: Filters, as_json: bool) -> None:
    """Print a table with one line for each instrument, a count, and why a chip or family is not listed."""
    check_filters(catalogue.spec, filters)
    chosen = select(catalogue, filters)
    if as_json:
        write_json([as_plain(catalogue, one) for one in chosen])
        return
    console = output()
    if chosen:
        print_whole(as_table(chosen), SPARE)
    console.print(f"{len(chosen)} of {len(catalogue.instruments)} instruments that trade on {catalogue.day}")
    for reason in unlisted_reasons(catalogue.spec, filters):
        console.print(reason, highlight=False)


def check_filters(spec: Spec, filters: Filters) -> None:
    """Raise UserError if a filter has an unknown value."""
    allowed = {
        "chip": [chip.name for chip in spec.chips],
        "tier": [tier.name for tier in spec.tiers],
        "kind": list(KINDS),
        "family": [family.name for family in Family],
    }
    for key, names in allowed.items():
        value = getattr(filters, key)
        if value and value.upper() not in (name.upper() for name in names):
            raise UserError(f"--{key} {value} is unknown: one of {', '.join(names)}")


def select(catalogue: DayCatalogue, filters: Filters) -> list[Instrument]:
    """The instruments that match all filters, in catalogue order."""
    floor_bp = next((t.floor_bp for t in catalogue.spec.tiers if t.name == filters.tier.upper()), 0)
    tests: list[tuple[str, Callable[[Instrument], bool]]] = [
        (filters.chip, lambda one: one.chip == filters.chip.upper()),
        (filters.tier, lambda one: floor_bp in leg_floors(catalogue, one)),
        (filters.kind, lambda one: kind_name(one) == filters.kind.lower()),
        (filters.family, lambda one: one.family.name == filters.family.upper()),
        (filters.symbol_glob, lambda one: fnmatchcase(one.symbol, filters.symbol_glob.upper())),
    ]
    wanted = [test for value, test in tests if value]
    return [one for one in catalogue.instruments if all(test(one) for test in wanted)]


def leg_floors(catalogue: DayCatalogue, instrument: Instrument) -> set[int]:
    """The goodput floors of a contract and its legs, in basis points; a tier spread has two."""
    return {instrument.floor_bp, *(catalogue.by_id[leg].floor_bp for leg, _ in instrument.legs)}


def unlisted_reasons(spec: Spec, filters: Filters) -> list[str]:
    """Reasons why the chip or the family of the filters has no instruments."""
    chips = [chip for chip in spec.chips if chip.name == filters.chip.upper() and not chip.listed]
    products = [p for p in spec.products.product if p.family == filters.family.upper() and not p.enabled]
    reasons = [f"{chip.name} ({chip.title}) is not listed: {chip.reason}" for chip in chips]
    return reasons + [f"{product.family} ({product.title}) is off: {product.reason}" for product in products]


def as_table(instruments: list[Instrument]) -> Table:
    """A table with one line for each instrument; prices in dollars per GPU-hour, times in UTC."""
    table = Table(box=box.SIMPLE_HEAD)
    for header in ("symbol", "family", "kind", "orders"):
        table.add_column(header, no_wrap=True)
    for header in ("hours", "reference", "low", "high", "last trading UTC", "id"):
        table.add_column(header, justify="right", no_wrap=True)
    for one in instruments:
        table.add_row(
            one.symbol,
            one.family.name,
            kind_name(one),
            "full" if one.order_entry is OrderEntry.FULL else "ioc only",
            str(one.hours),
            price_text(one.settle_tick),
            price_text(one.low_tick),
            price_text(one.high_tick),
            utc_text(one.ltd_ns),
            str(one.id),
        )
    return table


def as_plain(catalogue: DayCatalogue, instrument: Instrument) -> dict[str, Any]:
    """The instrument for JSON: codes become words, legs become symbols; margin and effective price are added."""
    margin = lot_margin(catalogue.spec, instrument, catalogue.by_id)
    outright = instrument.combo is ComboKind.OUTRIGHT
    priced = outright and instrument.ref_tenths and instrument.floor_bp
    plain: dict[str, Any] = msgspec.to_builtins(instrument)
    return plain | {
        "family": instrument.family.name,
        "kind": kind_name(instrument),
        "combo": instrument.combo.name.lower(),
        "order_entry": instrument.order_entry.name.lower(),
        "legs": [{"symbol": catalogue.by_id[leg].symbol, "sign": sign} for leg, sign in instrument.legs],
        "ltd": datetime.fromtimestamp(instrument.ltd_ns // NS_PER_S, UTC).isoformat(),
        "initial_margin_mills": margin.total,
        "maintenance_margin_mills": maintenance(margin.total, catalogue.spec.margin),
        "effective_price_mills": effective_price(instrument.settle_tick, instrument.floor_bp, instrument.ref_tenths)
        if priced
        else None,
    }


def write_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=2)
    sys.stdout.write("\n")


def output() -> Console:
    """A console on stdout, as wide as the terminal, or wide enough for whole lines in a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPE_COLUMNS)
