"""INDEX: prints, rentals and committee values of the daily index, and the value of a day, which is taken at noon.

The text of a refusal begins with its reason: OUT_OF_RANGE, EARLY, FROZEN, SOURCE, UNKNOWN, FULL, in the order of the
notation of clearing scenarios. A payload is carried out as a whole, or not at all.
"""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from contracts_spec.formulas.index import Rental, certified_price, day_value, susceptibility
from contracts_spec.periods import day_number, day_of, first_day, month_index
from contracts_spec.schema import IndexRules
from exchange.clearing.index_layout import KEPT_DAYS, RENTAL
from exchange.clearing_codes import IndexHow
from exchange.codes import EventKind
from exchange.engine.control.checks import DAY_MAX, ControlError, require, within
from exchange.engine.control.events import control_events
from exchange.engine.control.house.waiting_months import note_waiting_months
from exchange.engine.index_values import DayValue, day_row, last_tick, missing_before, value_of
from exchange.records import column
from exchange.units import BP, NS_PER_DAY, PRICE_MAX

RENTAL_HOURS_MAX = 10**9  # of one report; with every row of the table full the sums fit into 64 bits
SELLER_MAX = 2**32 - 1
AHEAD_DAYS = 40  # a rental may be reported for days up to so many after the last taken one
LAST_WAIT_DAY = 3  # of the month after: a day without a value takes the last one (INDEX-003)


class IndexTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new index, of one chip and quality tier.

    tick         value of each day up to `printed_day`
    taken_day    last day whose value counts as taken
    printed_day  last day that counts as printed: `taken_day`, or the day after it, which noon takes next
    """

    index: int
    group: int
    floor_bp: int
    external: bool
    tick: int
    taken_day: int
    printed_day: int


class IndexPrint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A print of the external source, or a committee's value. `tick` 0: the print is taken away."""

    index: int
    day: int
    tick: int


class RentalReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An executed rental of certified hours (INDEX-001). `seller`: number of the seller's account."""

    index: int
    day: int
    seller: int
    tick: int
    hours: int


class CdpTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a day needs to have a certified delivered price, as in `contracts_spec.schema.IndexRules`."""

    sellers_min: int = 3
    hours_min: int = 500
    seller_share_bp: int = 2_500


class IndexPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is reported, and whether a day is taken.

    now_ns    when prints and rentals were reported, ns since 1970: a print whose day is not over is EARLY
    by_two    two people ask: a committee's value takes two (SEC-061)
    take_day  the day whose values are taken; 0: none
    """

    now_ns: int = 0
    opened: list[IndexTerms] = []
    prints: list[IndexPrint] = []
    rentals: list[RentalReport] = []
    committee: list[IndexPrint] = []
    by_two: bool = False
    take_day: int = 0
    cdp: CdpTerms = CdpTerms()


def check_index(state: np.record, terms: IndexPayload) -> None:
    """Raise ControlError if the index cannot take this now."""
    within("index: take_day", terms.take_day, 0, DAY_MAX)
    for one in terms.opened:
        _check_terms(state, one)
    indices = [one.index for one in terms.opened]
    require(len(set(indices)) == len(indices), "index: one is opened twice")
    for given in terms.prints:
        _check_print(state, given, terms.now_ns)
    for rental in terms.rentals:
        _check_rental(state, rental)
    more = {(one.index, one.day, one.seller) for one in terms.rentals} - set(_rows_of_rentals(state))
    rows = int(np.count_nonzero(state.rentals["index"])) + len(more)
    there = len(state.rentals)
    require(rows <= there, f"FULL: rentals need {rows} rows, there are {there}")
    for given in terms.committee:
        _check_committee(state, given)
    if terms.take_day:
        _check_take(state, terms)


def _check_terms(state: np.record, terms: IndexTerms) -> None:
    within("index", terms.index, 1, len(state.indices) - 1)
    name = f"index {terms.index}"
    within(f"{name}: group", terms.group, 1, state.groups.shape[0] - 1)
    within(f"{name}: floor_bp", terms.floor_bp, 0, BP)
    within(f"{name}: tick", terms.tick, 1, PRICE_MAX)
    within(f"{name}: taken_day", terms.taken_day, KEPT_DAYS, DAY_MAX - KEPT_DAYS)
    within(f"{name}: printed_day", terms.printed_day, terms.taken_day, terms.taken_day + 1)
    require(not state.indices[terms.index].group, f"{name} is open already")
    others = state.indices[1:]
    same = (others["group"] == terms.group) & (others["floor_bp"] == terms.floor_bp)
    require(not same.any(), f"{name}: group {terms.group} has an index of {terms.floor_bp} already")


def _is_open(state: np.record, index: int) -> bool:
    return 1 <= index < len(state.indices) and bool(state.indices[index].group)


def _check_print(state: np.record, given: IndexPrint, now_ns: int) -> None:
    name = f"print of index {given.index} for day {given.day}"
    require(0 <= given.tick <= PRICE_MAX, f"OUT_OF_RANGE: {name}: {given.tick} not in 0..{PRICE_MAX}")
    require((given.day + 1) * NS_PER_DAY <= now_ns, f"EARLY: {name}: the day is not over")
    if not _is_open(state, given.index):
        raise ControlError(f"SOURCE: {name}: there is no such index")
    row = state.indices[given.index]
    require(given.day > row.taken_day, f"FROZEN: {name}: values up to day {row.taken_day} are taken (INDEX-002)")
    require(bool(row.external), f"SOURCE: {name}: its source is the certified delivered price")
    within(f"OUT_OF_RANGE: {name}: day", given.day, 1, int(row.taken_day) + AHEAD_DAYS)


def _check_rental(state: np.record, rental: RentalReport) -> None:
    name = f"rental of index {rental.index} for day {rental.day}"
    within(f"OUT_OF_RANGE: {name}: price", rental.tick, 1, PRICE_MAX)
    within(f"OUT_OF_RANGE: {name}: hours", rental.hours, 1, RENTAL_HOURS_MAX)
    within(f"OUT_OF_RANGE: {name}: seller", rental.seller, 1, SELLER_MAX)
    require(_is_open(state, rental.index), f"SOURCE: {name}: there is no such index")
    taken = int(state.indices[rental.index].taken_day)
    require(rental.day > taken, f"FROZEN: {name}: values up to day {taken} are taken (INDEX-002)")
    within(f"OUT_OF_RANGE: {name}: day", rental.day, 1, taken + AHEAD_DAYS)


def _check_committee(state: np.record, given: IndexPrint) -> None:
    name = f"committee value of index {given.index} for day {given.day}"
    within(f"OUT_OF_RANGE: {name}", given.tick, 1, PRICE_MAX)
    taken = value_of(state, given.index, given.day) if _is_open(state, given.index) else None
    if taken is None:
        raise ControlError(f"UNKNOWN: {name}: no value was taken for this day")
    require(taken.tick is None, f"FROZEN: {name}: its value {taken.tick} stands (INDEX-002)")


def _check_take(state: np.record, terms: IndexPayload) -> None:
    """Days are taken one after the other, after what was given before: a payload that takes a day does nothing else."""
    alone = not (terms.opened or terms.prints or terms.rentals or terms.committee)
    require(alone, "index: a day is taken by a payload of its own")
    behind = [int(one.taken_day) for one in state.indices if one.group and one.taken_day < terms.take_day]
    require(bool(behind), f"FROZEN: day {terms.take_day} is taken, or there is no index")
    require(min(behind) == terms.take_day - 1, f"index: day {min(behind) + 1} is taken before day {terms.take_day}")


def check_index_people(state: np.record, terms: IndexPayload) -> None:
    """Raise ControlError if one person gives a committee's value, which takes two (SEC-061)."""
    require(not terms.committee or terms.by_two, "a committee's value takes two people (SEC-061)")


# Running.


def run_index(state: np.record, terms: IndexPayload) -> np.ndarray:
    """Carry out a checked payload. Returns an INDEX_TAKEN for each day whose value was taken or found later."""
    for one in terms.opened:
        _open(state, one)
    for given in terms.prints:
        _day_row_for(state, given.index, given.day).print_tick = given.tick
    for rental in terms.rentals:
        _add_rental(state, rental)
    taken = [_commit(state, given) for given in terms.committee]
    if terms.take_day:
        taken += [_take(state, index, terms) for index in _behind(state, terms.take_day)]
        _drop_rentals(state, terms.take_day)
        taken += _fill_last(state, terms.take_day + 1)
    note_waiting_months(state)
    return _taken(state, taken)


TakenDay = tuple[int, DayValue, int]  # index, its value, susceptibility in ticks


def _open(state: np.record, terms: IndexTerms) -> None:
    row = state.indices[terms.index]
    row.group, row.floor_bp, row.external = terms.group, terms.floor_bp, terms.external
    row.taken_day = terms.taken_day
    for day in range(terms.printed_day - KEPT_DAYS + 2, terms.printed_day + 1):
        _day_row_for(state, terms.index, day).print_tick = terms.tick
        if day <= terms.taken_day:
            _write(state, terms.index, DayValue(day, terms.tick, IndexHow.PRINT))


def _day_row_for(state: np.record, index: int, day: int) -> np.record:
    """The INDEX_DAY of a day, made if need be: it takes the row of the day KEPT_DAYS before."""
    row: np.record = state.indices[index].days[day % KEPT_DAYS]
    if row.day != day:
        row.day = day
        row.print_tick = row.front_tick = row.value_tick = 0
        row.how = IndexHow.MISSING
    return row


def _write(state: np.record, index: int, value: DayValue) -> None:
    row = _day_row_for(state, index, value.day)
    row.value_tick, row.how = value.tick or 0, value.how


def note_front(state: np.record, index: int, day: int, tick: int) -> None:
    """Note the settlement of the front month, which the closing window of a day has made (INDEX-003)."""
    _day_row_for(state, index, day).front_tick = tick


def _rows_of_rentals(state: np.record) -> Iterator[tuple[int, int, int]]:
    """(index, day, seller) of each rental that is kept."""
    rows = state.rentals[: int(np.count_nonzero(state.rentals["index"]))]
    yield from zip(rows["index"].tolist(), rows["day"].tolist(), rows["seller"].tolist(), strict=True)


def _add_rental(state: np.record, rental: RentalReport) -> None:
    key = (rental.index, rental.day, rental.seller)
    known = list(_rows_of_rentals(state))
    row = state.rentals[known.index(key) if key in known else len(known)]
    row["index"], row.day, row.seller = key
    row.hours += rental.hours
    row.value_tick_hours += rental.tick * rental.hours


def _commit(state: np.record, given: IndexPrint) -> TakenDay:
    value = DayValue(given.day, given.tick, IndexHow.COMMITTEE)
    _write(state, given.index, value)
    return given.index, value, 0


def _behind(state: np.record, day: int) -> list[int]:
    return [index for index, row in enumerate(state.indices) if row.group and row.taken_day < day]


def _take(state: np.record, index: int, terms: IndexPayload) -> TakenDay:
    """Take the value of a day, and freeze it (INDEX-002, INDEX-003)."""
    day, row = terms.take_day, state.indices[index]
    rules = IndexRules("", terms.cdp.sellers_min, terms.cdp.hours_min, terms.cdp.seller_share_bp)
    rentals = _rentals_of(state, index, day)
    cdp = certified_price(rentals, rules)
    known = day_row(state, index, day)
    printed = int(known.print_tick) or None if known is not None else None
    front = int(known.front_tick) or None if known is not None else None
    own = printed if row.external or not rentals else cdp
    found = day_value(
        own, last_tick(state, index, day), missing_before(state, index, day), cdp if row.external else None, front
    )
    row.taken_day = day
    value = DayValue(day, found.value_tick, IndexHow[found.how])
    _write(state, index, value)
    is_cdp = found.how == "CDP" or (found.how == "PRINT" and not row.external and bool(rentals))
    return index, value, (susceptibility(rentals, rules) or 0) if is_cdp else 0


def _rentals_of(state: np.record, index: int, day: int) -> list[Rental]:
    """The rentals of a day. What is kept of a seller is its sum of price * hours, which two prices make up exactly."""
    rows = state.rentals[(state.rentals["index"] == index) & (state.rentals["day"] == day)]
    found = []
    for seller, hours, value in zip(
        *(rows[name].tolist() for name in ("seller", "hours", "value_tick_hours")), strict=True
    ):
        tick, rest = divmod(value, hours)
        found += [Rental(str(seller), tick, hours - rest), *([Rental(str(seller), tick + 1, rest)] if rest else [])]
    return found


def _drop_rentals(state: np.record, day: int) -> None:
    """Forget the rentals of days that are taken; those behind them move up."""
    kept = state.rentals[(state.rentals["index"] != 0) & (state.rentals["day"] > day)].copy()
    state.rentals[:] = np.zeros(1, RENTAL)
    state.rentals[: len(kept)] = kept


def _fill_last(state: np.record, today: int) -> list[TakenDay]:
    """On day 3 of a month, days of the months before that have no value take the last one used (INDEX-003)."""
    date = day_of(today)
    until = day_number(first_day(month_index(date))) if date.day >= LAST_WAIT_DAY else 0
    taken = []
    for index, day in _days_without_value(state, until):
        value = DayValue(day, last_tick(state, index, day), IndexHow.LAST)
        _write(state, index, value)
        taken.append((index, value, 0))
    return taken


def _days_without_value(state: np.record, until: int) -> list[tuple[int, int]]:
    """(index, day) of the days before `until` that were taken and are MISSING, in this order."""
    table = state.indices
    days = table["days"]["day"]
    missing = (table["group"] != 0)[:, np.newaxis] & (days > 0) & (table["days"]["value_tick"] == 0)
    missing &= (days <= table["taken_day"][:, np.newaxis]) & (until - KEPT_DAYS <= days) & (days < until)
    rows, places = np.nonzero(missing)
    return sorted(zip(rows.tolist(), days[rows, places].tolist(), strict=True))


def _taken(state: np.record, taken: Sequence[TakenDay]) -> np.ndarray:
    events = control_events(state, EventKind.INDEX_TAKEN, len(taken))
    if taken:
        rows = state.indices[[index for index, _, _ in taken]]
        column(events, "group")[:] = rows["group"]
        column(events, "floor_bp")[:] = rows["floor_bp"]
        column(events, "trading_day")[:] = [value.day for _, value, _ in taken]
        column(events, "index_tick")[:] = [value.tick or 0 for _, value, _ in taken]
        column(events, "index_how")[:] = [value.how for _, value, _ in taken]
        column(events, "susceptibility_ticks")[:] = [ticks for _, _, ticks in taken]
    return events
