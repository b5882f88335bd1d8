"""INDEX: prints, rentals and committee values, and the value of a day (INDEX-001 to INDEX-004).

Everything that was ever given is kept by day; the value of a day is computed from it each time.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from exchange.clearing_codes import IndexHow
from exchange.codes import ComboKind, EventKind, Family, PeriodKind
from exchange.reference.clearing import Instrument
from exchange.reference.formulas.index import delivered_price, most_moved
from exchange.reference.market import Market
from exchange.units import BP

HISTORY_DAYS = 62  # before an index is opened, each with its opening value
FARTHEST_BP = 5_000  # from the last value used
CARRIED_DAYS = 2
LAST_WAIT_DAY = 3
EPOCH = date(1970, 1, 1)


@dataclass
class Index:
    """An index. `taken`: by day, its value (None: it waits for a committee) and how it was found."""

    group: int
    floor_bp: int
    external: bool
    taken_day: int
    prints: dict[int, int] = field(default_factory=dict)
    fronts: dict[int, int] = field(default_factory=dict)
    rentals: dict[int, list[tuple[str, int, int]]] = field(default_factory=dict)
    taken: dict[int, tuple[int | None, IndexHow]] = field(default_factory=dict)

    def last(self, day: int) -> int:
        """The last value used before a day."""
        value = None
        while value is None:
            day -= 1
            value = self.taken[day][0]
        return value

    def missing_before(self, day: int) -> int:
        """How many days in a row before this one had no print."""
        count = 0
        while self.taken[day - count - 1][1] != IndexHow.PRINT:
            count += 1
        return count


def run_index(market: Market, payload: dict[str, Any]) -> None:
    """Note what is reported; take the value of a day, if one is named."""
    for terms in payload.get("opened", ()):
        _open(market, terms)
    for given in payload.get("prints", ()):
        market.indices[given["index"]].prints[given["day"]] = given["tick"]
    for rental in payload.get("rentals", ()):
        of_day = market.indices[rental["index"]].rentals.setdefault(rental["day"], [])
        of_day.append((str(rental["seller"]), rental["tick"], rental["hours"]))
    for given in payload.get("committee", ()):
        _take(market, given["index"], given["day"], given["tick"], IndexHow.COMMITTEE)
    day = payload.get("take_day", 0)
    for number, index in sorted(market.indices.items()):
        if index.taken_day < day:
            index.taken_day = day
            _take_day(market, number, day, _rules(payload))
    if day:
        _fill_last(market, EPOCH + timedelta(days=day + 1))


def _open(market: Market, terms: dict[str, Any]) -> None:
    index = Index(terms["group"], terms["floor_bp"], terms["external"], terms["taken_day"])
    market.indices[terms["index"]] = index
    days = range(terms["printed_day"] - HISTORY_DAYS, terms["printed_day"] + 1)
    index.prints = dict.fromkeys(days, terms["tick"])
    index.taken = {day: (terms["tick"], IndexHow.PRINT) for day in days if day <= terms["taken_day"]}


def _rules(payload: dict[str, Any]) -> Any:
    """What the formulas of the reference take for a specification."""
    terms = {"sellers_min": 3, "hours_min": 500, "seller_share_bp": 2_500} | payload.get("cdp", {})
    return SimpleNamespace(products=SimpleNamespace(index=SimpleNamespace(**terms)))


def _take_day(market: Market, number: int, day: int, spec: Any) -> None:
    """INDEX-003: the print; twice the last value; then the CDP, the front month; else the day is missing."""
    index = market.indices[number]
    last, rentals = index.last(day), index.rentals.get(day, [])
    delivered = delivered_price(spec, rentals)
    printed = index.prints.get(day, 0) if index.external or not rentals else delivered
    moved = most_moved(spec, rentals) or 0
    if _is_near(printed, last):
        _take(market, number, day, printed, IndexHow.PRINT, 0 if index.external or not rentals else moved)
    elif index.missing_before(day) < CARRIED_DAYS:
        _take(market, number, day, last, IndexHow.CARRIED)
    elif index.external and _is_near(delivered, last):
        _take(market, number, day, delivered, IndexHow.CDP, moved)
    elif _is_near(index.fronts.get(day), last):
        _take(market, number, day, index.fronts[day], IndexHow.FRONT)
    else:
        _take(market, number, day, None, IndexHow.MISSING)


def _is_near(value: int | None, last: int) -> bool:
    return bool(value) and abs((value or 0) - last) * BP <= last * FARTHEST_BP


def _take(market: Market, number: int, day: int, value: int | None, how: IndexHow, moved: int = 0) -> None:
    index = market.indices[number]
    index.taken[day] = value, how
    market.emit(
        EventKind.INDEX_TAKEN, group=index.group, floor_bp=index.floor_bp, trading_day=day, index_tick=value or 0,
        index_how=how, susceptibility_ticks=moved,
    )  # fmt: skip


def waits_for_value(market: Market, instrument: Instrument | None) -> bool:
    """INDEX-003: whether a day of an index month was taken without a value."""
    if instrument is None or (instrument.family, instrument.period_kind) != (Family.IDX, PeriodKind.MONTH):
        return False
    year, month = 2020 + instrument.start_month // 12, instrument.start_month % 12 + 1
    indices = [
        one for one in market.indices.values() if (one.group, one.floor_bp) == (instrument.group, instrument.floor_bp)
    ]
    days = [
        EPOCH + timedelta(days=day) for index in indices for day, (value, _) in index.taken.items() if value is None
    ]
    return instrument.combo == ComboKind.OUTRIGHT and (year, month) in [(day.year, day.month) for day in days]


def _fill_last(market: Market, today: date) -> None:
    """INDEX-003: from day 3 of a month on, missing days of the months before take the last value used."""
    first = (today.replace(day=1) - EPOCH).days
    for number, index in sorted(market.indices.items()) if today.day >= LAST_WAIT_DAY else ():
        for day in sorted(index.taken):
            if day < first and index.taken[day][0] is None:
                _take(market, number, day, index.last(day), IndexHow.LAST)
