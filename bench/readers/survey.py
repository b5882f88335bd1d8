"""What the converter has to know of all order messages before it begins: how many, and between which prices."""

from bench.readers.order_messages import ADD, EXECUTE, MODIFY, REDUCE, REPLACE
from exchange.kernel import kernel
from exchange.machine import row_at
from exchange.records import record_type
from exchange.units import ORDER_LOTS_MAX

SURVEY = record_type(
    [
        ("entering", "<i8"),  # messages that may enter an order
        ("reducing", "<i8"),  # messages that may make one smaller
        ("extra_parts", "<i8"),  # parts beyond the first of orders that are larger than the exchange allows
        ("priced", "<i8"),  # entering messages with a price within the bounds
        ("low_tick", "<i8"),  # their lowest price
        ("high_tick", "<i8"),
    ]
)


@kernel
def survey_messages(messages, low_tick, high_tick, surveys):
    """Add messages to a SURVEY, shape (1,), in place, with prices within these bounds."""
    found = surveys[0]
    for index in range(messages.shape[0]):
        message = row_at(messages, index)
        kind = message.kind
        if kind in (ADD, REPLACE, MODIFY):
            found.entering += 1
            if message.price >= low_tick and message.price <= high_tick:
                found.priced += 1
                found.low_tick = min(found.low_tick, message.price)
                found.high_tick = max(found.high_tick, message.price)
        if kind in (REDUCE, EXECUTE, MODIFY):
            found.reducing += 1
        if message.lots > ORDER_LOTS_MAX:
            found.extra_parts += (message.lots - 1) // ORDER_LOTS_MAX


@kernel
def renumber_books(messages, places):
    """Give books of messages other numbers, in place. `places`: new number by old one."""
    for index in range(messages.shape[0]):
        message = row_at(messages, index)
        message.book = places[message.book]
