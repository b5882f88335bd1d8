"""The index: prints and rentals, the value of a day, what stands in for a missing one (INDEX-001 to INDEX-003)."""

from collections.abc import Sequence
from datetime import date, timedelta

from contracts_spec.periods import day_start_ns, first_day
from exchange.codes import Family
from exchange.reference.formulas.index import delivered_price
from exchange.reference.formulas.settlement import PRICES
from exchange.reference.house.state import HouseState, IndexName, TakenValue
from exchange.reference.house.terms import Contract, index_name
from exchange.units import BP, NS_PER_DAY, NS_PER_HOUR

ARRIVAL_NS = NS_PER_DAY + 6 * NS_PER_HOUR  # of a day's row, from the start of the day
CARRIED_DAYS = 2
FARTHEST_BP = 5_000  # from the last value used
HISTORY_DAYS = 62  # before the start, each with the seed price
DAY = timedelta(days=1)

HOURS_MAX = 10**9  # of one rental


def open_index(state: HouseState, name: IndexName, source: str, today: date) -> None:
    """Start an index: every day before the start had the seed price, that of yesterday waits to be taken."""
    state.source[name] = source
    for back in range(2, HISTORY_DAYS):
        state.taken[name, today - back * DAY] = TakenValue(seed(state, name), "PRINT")
    state.rows[name, today - DAY] = seed(state, name)


def seed(state: HouseState, name: IndexName) -> int:
    """The chip's seed price, scaled by tier."""
    price = state.spec.chip(name[0]).seed_mills
    assert price is not None, "a listed chip has a seed price"
    return price * state.spec.tier(name[1]).floor_bp // 9_000


# --- what comes in


def give_print(
    state: HouseState, name: IndexName, days: Sequence[date], value: int | None, at_once: bool
) -> str | None:
    """Take prints of the external source, or take them away (None). Returns the reason of a refusal."""
    now = state.now_ns
    if value is not None and not PRICES[0] <= value <= PRICES[1]:
        return "OUT_OF_RANGE"
    if at_once and any(now < day_start_ns(day) + NS_PER_DAY for day in days):
        return "EARLY"
    if any((name, day) in state.taken for day in days):
        return "FROZEN"
    if state.source.get(name) != "EXT":
        return "SOURCE"
    for day in days:
        arrived = at_once or now >= day_start_ns(day) + ARRIVAL_NS
        (state.rows if arrived else state.ahead)[name, day] = value
    return None


def give_rental(state: HouseState, name: IndexName, days: Sequence[date], rental: tuple[str, int, int]) -> str | None:
    """Take an executed rental of each day: (seller, price, hours). Returns the reason of a refusal."""
    _, price, hours = rental
    if not PRICES[0] <= price <= PRICES[1] or not 1 <= hours <= HOURS_MAX:
        return "OUT_OF_RANGE"
    if any((name, day) in state.taken for day in days):
        return "FROZEN"
    for day in days:
        state.rentals.setdefault((name, day), []).append(rental)
    return None


def give_committee_value(state: HouseState, name: IndexName, day: date, value: int) -> str | None:
    """Take a committee's value for a day that waits for one (INDEX-003). Returns the reason of a refusal."""
    if not PRICES[0] <= value <= PRICES[1]:
        return "OUT_OF_RANGE"
    taken = state.taken.get((name, day))
    if taken is None or taken.value is not None:
        return "UNKNOWN" if taken is None else "FROZEN"
    state.taken[name, day] = TakenValue(value, "COMMITTEE")
    return None


def arrive(state: HouseState, today: date) -> None:
    """06:00: the rows of yesterday; an external index prints the seed price if nothing else was given."""
    day = today - DAY
    for name, source in state.source.items():
        if source == "EXT":
            state.rows[name, day] = state.ahead.pop((name, day), seed(state, name))


# --- the value of a day


def take(state: HouseState, today: date) -> None:
    """12:00: the value of yesterday is taken and frozen (INDEX-002)."""
    for name in state.source:
        state.taken[name, today - DAY] = _value(state, name, today - DAY)


def _value(state: HouseState, name: IndexName, day: date) -> TakenValue:
    last = last_used(state, name, day)
    printed = _printed(state, name, day)
    if printed is not None and abs(printed - last) * BP <= last * FARTHEST_BP:
        return TakenValue(printed, "PRINT")
    if _missing_before(state, name, day) < CARRIED_DAYS:
        return TakenValue(last, "CARRIED")
    delivered = delivered_price(state.spec, state.rentals.get((name, day), []))
    if state.source[name] == "EXT" and delivered is not None and abs(delivered - last) * BP <= last * FARTHEST_BP:
        return TakenValue(delivered, "CDP")
    front = _front_price(state, name, day)
    if front is not None and abs(front - last) * BP <= last * FARTHEST_BP:
        return TakenValue(front, "FRONT")
    return TakenValue(None, "MISSING")


def _printed(state: HouseState, name: IndexName, day: date) -> int | None:
    """The print of the index's own source."""
    if state.source[name] == "CDP":
        rentals = state.rentals.get((name, day), [])
        return delivered_price(state.spec, rentals) if rentals else state.rows.get((name, day))
    return state.rows.get((name, day))


def last_used(state: HouseState, name: IndexName, day: date) -> int:
    """The last value used before a day."""
    day -= DAY
    while (taken := state.taken[name, day]).value is None:
        day -= DAY
    return taken.value


def _missing_before(state: HouseState, name: IndexName, day: date) -> int:
    """How many days in a row before this one had no print of their own."""
    count = 0
    while state.taken[name, day - (count + 1) * DAY].how != "PRINT":
        count += 1
    return count


def _front_price(state: HouseState, name: IndexName, day: date) -> int | None:
    """Settlement of that day of the front physical month, if its window made it (T1)."""
    months = [one for one in state.contracts.values() if one.is_month(Family.PHY) and index_name(one) == name]
    trading = sorted((one for one in months if one.ltd >= day), key=lambda one: one.ltd)
    for settled in state.settled[trading[0].symbol] if trading else []:
        if settled.day == day and settled.method == "T1":
            return settled.price
    return None


# --- months of the index


def values_of(state: HouseState, contract: Contract) -> list[TakenValue | None]:
    """What has been taken for each day of an index month; None: nothing yet."""
    first, end = first_day(contract.period.start_month), first_day(contract.period.end_month)
    days = [first + count * DAY for count in range((end - first).days)]
    return [state.taken.get((index_name(contract), day)) for day in days]


def known_values(state: HouseState, contract: Contract) -> list[int]:
    """The index values of a month that have been taken."""
    return [taken.value for taken in values_of(state, contract) if taken is not None and taken.value is not None]


def is_halted(state: HouseState, symbol: str) -> bool:
    """Whether an index month waits for a committee's value (INDEX-003)."""
    contract = state.contracts[symbol]
    if not contract.is_month(Family.IDX):
        return False
    return any(taken is not None and taken.value is None for taken in values_of(state, contract))
