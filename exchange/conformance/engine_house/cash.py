"""Money of a scenario: deposits and withdrawals, and settlements that people try to give again."""

from datetime import timedelta

from contracts_spec.periods import day_number
from exchange.codes import CommandKind
from exchange.conformance.clearing.shapes import Values
from exchange.conformance.engine_house.orders import send
from exchange.conformance.engine_house.running import RunningVenue
from exchange.engine.control.checks import ControlError
from exchange.engine.control.day_limits import BookLimits, DayLimitsPayload
from exchange.engine.control.registry import encode_payload

DAY = timedelta(days=1)


def deposit(venue: RunningVenue, values: Values) -> str | None:
    """Pay in."""
    return send(venue, CommandKind.DEPOSIT, account=venue.account(values["account"]), amount_mills=values["mills"])


def withdraw(venue: RunningVenue, values: Values) -> str | None:
    """Pay out of free funds."""
    return send(venue, CommandKind.WITHDRAW, account=venue.account(values["account"]), amount_mills=values["mills"])


def settle(venue: RunningVenue, values: Values) -> str | None:
    """Try to publish a price for a day that has one, by two people (SETTLE-011)."""
    row, day = venue.instruments.get(values["symbol"]), values["date"]
    if row is None or row.combo or not venue.listed_on[row.symbol] <= day + DAY <= venue.day:
        return "UNKNOWN"
    limits = BookLimits(row.index, values["price"], row.low_tick, row.high_tick)
    payload = DayLimitsPayload([limits], day_number(day + DAY), by_two=True)
    try:
        venue.control(CommandKind.DAY_LIMITS, encode_payload(payload))
    except ControlError:
        return "FROZEN"
    return None
