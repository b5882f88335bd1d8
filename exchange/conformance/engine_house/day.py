"""The points of a scenario's day: marks of the minute, noon, the close, as controls that the venue would propose."""

import msgspec

from contracts_spec.periods import day_number
from exchange.codes import CommandKind, MarketState, StateReason
from exchange.conformance.clearing.shapes import Values
from exchange.conformance.engine_house.acts import arrive, committee
from exchange.conformance.engine_house.opening import SCHEDULE, open_groups, without_bands
from exchange.conformance.engine_house.orders import send
from exchange.conformance.engine_house.running import RunningVenue
from exchange.engine.calls.liquidation import closing_orders
from exchange.engine.calls.margin_payload import margin_payload
from exchange.engine.control.day_limits import BookLimits, DayLimitsPayload
from exchange.engine.control.house.index import IndexPayload
from exchange.engine.control.house.spot_months import SpotPayload
from exchange.engine.control.mark import MarkPayload
from exchange.engine.control.registry import encode_payload
from exchange.records import COMMAND_FIELDS
from exchange.units import NS_PER_DAY, NS_PER_HOUR
from exchange.venue.daily.index_days import cdp_terms, due_states
from exchange.venue.daily.lives import due_controls, final_settlement
from exchange.venue.daily.position_flags import position_flags
from exchange.venue.daily.settlement import day_limits, encoded, settle_groups
from exchange.venue.daily.spot_months import changed_months

FEEDS_H, NOON_H, CLOSE_H = 6, 12, 21


def advance(venue: RunningVenue, until_ns: int) -> None:
    """Run everything that is due up to a moment and with it."""
    while (moment := _next_moment(venue)) <= until_ns:
        venue.now_ns = moment
        _run(venue, moment)
    venue.now_ns = until_ns


def _next_moment(venue: RunningVenue) -> int:
    """When something is due next."""
    today = venue.now_ns - venue.now_ns % NS_PER_DAY
    points = [today + hour * NS_PER_HOUR for hour in (FEEDS_H, NOON_H, CLOSE_H, 24 + FEEDS_H)]
    calls = venue.states["accounts"][0]["call_due_ns"]
    due: list[int] = [venue.mark_due_ns, *calls[calls > 0].tolist()]
    return min(moment for moment in [*points, *due] if moment > venue.now_ns)


def _run(venue: RunningVenue, moment: int) -> None:
    hour_ns = moment % NS_PER_DAY
    if hour_ns == FEEDS_H * NS_PER_HOUR:
        arrive(venue, SCHEDULE.closing_day(moment))
    if hour_ns == NOON_H * NS_PER_HOUR:
        _take_index(venue)
        _mark(venue, MarkPayload(pays=True, day=day_number(venue.day)))
    elif hour_ns == CLOSE_H * NS_PER_HOUR:
        _close(venue)
    elif moment == venue.mark_due_ns:
        _mark(venue, MarkPayload())
    else:
        call(venue)


def _mark(venue: RunningVenue, payload: MarkPayload) -> None:
    """Marks of the minute, or those of noon with their variation (MARGIN-014, SETTLE-007)."""
    venue.mark_due_ns = 0
    venue.control(CommandKind.MARK, encode_payload(payload))
    call(venue)


def call(venue: RunningVenue) -> None:
    """Call accounts for margin, and work off the positions of those whose call was not met (MARGIN-012, FALL-003)."""
    payload = encode_payload(margin_payload(venue.states, venue.spec, venue.day))
    venue.control(CommandKind.MARGIN, payload)
    rows = closing_orders(venue.states)
    for row in rows:
        fields = {name: int(row[name]) for name, _, _ in COMMAND_FIELDS if name not in ("sequence", "time_ns", "kind")}
        venue.row(CommandKind.NEW, **fields)
        venue.touch()


def _close(venue: RunningVenue) -> None:
    """Close all books, settle them, and open the next day."""
    venue.mark_due_ns = 0
    for group in venue.groups():
        fields = {"market_state": MarketState.CLOSED, "group": group, "state_reason": StateReason.SETTLING}
        venue.row(CommandKind.SET_STATE, **fields)
    venue.day = SCHEDULE.closing_day(venue.now_ns)
    _settle(venue)
    _change_instruments(venue)
    _change_spot_months(venue)
    venue.flags = {(one.account, one.flag) for one in position_flags(venue.states, venue.spec, venue.day)}
    open_groups(venue)
    call(venue)
    venue.statements.close(venue.states, venue.opened)
    venue.touch()


def pause(venue: RunningVenue, values: Values) -> str | None:
    """Pause a chip's product group: it collects orders until its close."""
    group = venue.spec.chip(values["chip"]).code
    fields = {"market_state": MarketState.PAUSED, "group": group, "state_reason": StateReason.OPERATOR}
    return send(venue, CommandKind.SET_STATE, **fields)


def _settle(venue: RunningVenue) -> None:
    """Publish the settlements of the day that ends, and the limits of the next."""
    window_ns = SCHEDULE.closing_window_ns(venue.now_ns)
    settled, inputs = settle_groups(venue.states, venue.day, venue.groups())
    payloads = day_limits(venue.states, venue.spec, venue.day, settled, window_ns=window_ns, inputs=inputs)
    for payload in encoded({group: _without_guards(payload) for group, payload in payloads.items()}).values():
        venue.control(CommandKind.DAY_LIMITS, payload)


def _change_instruments(venue: RunningVenue) -> None:
    """End the instruments whose last trading day is over, and list those of the coming day (SPEC-051)."""
    for group in venue.groups():
        while due := due_controls(venue.states, venue.spec, venue.day, group):
            for kind, payload in due:
                venue.control(kind, without_bands(payload) if kind == CommandKind.LIST else payload)


def _change_spot_months(venue: RunningVenue) -> None:
    """Spot months and their limits of the day (LIMIT-001)."""
    if changed := changed_months(venue.states, venue.spec, venue.day):
        venue.control(CommandKind.SPOT_MONTHS, encode_payload(SpotPayload(changed)))


def _take_index(venue: RunningVenue) -> None:
    """Take the values of yesterday, settle index months that are complete, halt those that wait (INDEX-002, 003)."""
    if venue.seeds:
        payload = IndexPayload(take_day=day_number(venue.day) - 1, cdp=cdp_terms(venue.spec.products.index))
        venue.control(CommandKind.INDEX, encode_payload(payload))
    final = final_settlement(venue.states, venue.spec, day_number(venue.day))
    if final is not None:
        venue.control(*final)
    halt_or_open(venue)
    _change_spot_months(venue)


def halt_or_open(venue: RunningVenue) -> None:
    """Halt index months with a day that has no value, and open them when it has one."""
    for index, target in due_states(venue.states):
        fields = {"market_state": target, "instrument": index, "state_reason": StateReason.HALT_INDEX}
        venue.row(CommandKind.SET_STATE, **fields)


def give_committee_value(venue: RunningVenue, values: Values) -> str | None:
    """A committee's value, after which its month may open again."""
    reason = committee(venue, values)
    halt_or_open(venue)
    return reason


def _without_guards(payload: DayLimitsPayload) -> DayLimitsPayload:
    """The same prices and limits with velocity logic, breaker and collar off."""
    off = {"velocity_ticks": 0, "breaker_ticks": 0, "collar_ticks": 0}
    books: list[BookLimits] = [msgspec.structs.replace(book, **off) for book in payload.books]
    return msgspec.structs.replace(payload, books=books)
