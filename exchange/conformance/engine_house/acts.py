"""Acts of operators as their controls: blocks, adjustments, prints, rentals and committee values of the index."""

from datetime import date

import msgspec

from contracts_spec.periods import day_number
from exchange.codes import CommandKind, Side
from exchange.conformance.clearing.shapes import Values
from exchange.conformance.clearing.verbs import REFUSALS
from exchange.conformance.engine_house.orders import SIDES
from exchange.conformance.engine_house.running import MINUTE_NS, UNLISTED, RunningVenue
from exchange.engine.control.checks import ControlError
from exchange.engine.control.house.adjust import AdjustPayload
from exchange.engine.control.house.block import BlockPayload
from exchange.engine.control.house.index import IndexPayload, IndexPrint, RentalReport
from exchange.engine.control.registry import encode_payload
from exchange.engine.index_values import find_index
from exchange.units import NS_PER_DAY, NS_PER_HOUR, NS_PER_S

ARRIVAL_NS = NS_PER_DAY + 6 * NS_PER_HOUR  # of a day's print, from the start of the day


def act(venue: RunningVenue, kind: CommandKind, payload: msgspec.Struct) -> str | None:
    """Carry out a control. Returns the reason of a refusal, which its text begins with."""
    try:
        venue.control(kind, encode_payload(payload))
    except ControlError as error:
        return _reason(error)
    venue.touch()
    return None


def _reason(error: ControlError) -> str:
    reason = str(error).partition(":")[0]
    if reason in REFUSALS:
        return reason
    if " not in " in str(error):
        return "OUT_OF_RANGE"  # a number of the scenario, which no command could have
    raise error


def block(venue: RunningVenue, values: Values) -> str | None:
    """A block that both sides report."""
    accounts = [venue.account(values[name]) for name in ("account", "maker")]
    buyer, seller = accounts if SIDES[values["side"]] == Side.BUY else reversed(accounts)
    index, rules = venue.index(values["symbol"]), venue.spec.products.limits
    made_ns = venue.now_ns
    if values["made"] is not None:
        made_ns += values["made"] * NS_PER_S - venue.now_ns % NS_PER_DAY
    return act(venue, CommandKind.BLOCK, BlockPayload(
        0 if index == UNLISTED else index, values["lots"], values["price"], buyer, seller, made_ns, venue.now_ns,
        rules.block_lots_min, rules.block_report_minutes * MINUTE_NS, venue.spec.products.fees.block_mills,
    ))  # fmt: skip


def adjust(venue: RunningVenue, values: Values) -> str | None:
    """A correction of a settlement by cash, by two people."""
    row = venue.instruments.get(values["symbol"])
    if row is None:
        return "UNKNOWN"
    amounts = [(venue.account(name), mills) for name, mills in values["account_mills"]]
    return act(
        venue, CommandKind.ADJUST, AdjustPayload(row.instrument_id, day_number(values["date"]), amounts, by_two=True)
    )


def number_of(venue: RunningVenue, name: tuple[str, str]) -> int:
    """Number of the index of a chip and tier, 0 if there is none."""
    chip, tier = name
    return find_index(venue.states[0], venue.spec.chip(chip).code, venue.spec.tier(tier).floor_bp)


def index(venue: RunningVenue, values: Values) -> str | None:
    """Prints of the external source. One that is given ahead of its time waits for it."""
    number, tick, now = number_of(venue, values["index"]), values["print"], venue.now_ns
    numbers = [day_number(day) for day in values["dates"]]
    prints = [IndexPrint(number, day, tick or 0) for day in numbers]
    if tick == 0:
        return "OUT_OF_RANGE"
    arrived = [one for one in prints if values["now"] or now >= one.day * NS_PER_DAY + ARRIVAL_NS]
    later = [one for one in prints if one not in arrived]
    try:  # all at once, before any of them is carried out
        end_ns = now if values["now"] else (max(numbers) + 1) * NS_PER_DAY
        venue.engine.check_control(
            CommandKind.INDEX, encode_payload(IndexPayload(now_ns=max(now, end_ns), prints=prints))
        )
    except ControlError as error:
        return _reason(error)
    venue.ahead |= {(one.index, one.day): one.tick for one in later}
    return act(venue, CommandKind.INDEX, IndexPayload(now_ns=now, prints=arrived)) if arrived else None


def rental(venue: RunningVenue, values: Values) -> str | None:
    """An executed rental of each day."""
    number, seller = (
        number_of(venue, values["index"]),
        venue.sellers.setdefault(values["seller"], len(venue.sellers) + 1),
    )
    reports = [
        RentalReport(number, day_number(day), seller, values["price"], values["hours"]) for day in values["dates"]
    ]
    return act(venue, CommandKind.INDEX, IndexPayload(now_ns=venue.now_ns, rentals=reports))


def committee(venue: RunningVenue, values: Values) -> str | None:
    """A committee's value of a day that waits for one, by two people."""
    given = IndexPrint(number_of(venue, values["index"]), day_number(values["date"]), values["value"])
    return act(venue, CommandKind.INDEX, IndexPayload(now_ns=venue.now_ns, committee=[given], by_two=True))


def arrive(venue: RunningVenue, today: date) -> None:
    """06:00: external indices print yesterday's value, the chip's seed price if nothing else was given."""
    day, prints = day_number(today) - 1, []
    for number in range(1, len(venue.states["indices"][0])):
        row = venue.states["indices"][0][number]
        if row["group"] and row["external"]:
            prints.append(IndexPrint(number, day, venue.ahead.pop((number, day), venue.seeds[number])))
    if prints:
        venue.control(CommandKind.INDEX, encode_payload(IndexPayload(now_ns=venue.now_ns, prints=prints)))
