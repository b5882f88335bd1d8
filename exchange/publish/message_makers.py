"""Makes messages from EVENT rows by the table of messages, in plain Python: slow, and easy to read.

    make = maker_of(form, ACCOUNT_VALUES, values_of(table))      # once for each form of `wire.table`
    message = make(account_row(row, table))
    make = maker_of(form, REPLY_VALUES, REFUSAL_VALUES)
    reply = make(reply_row(row, request_id))

The kernels of `publish.encode` read the same table in another way; tests compare the two, and both with messages that
were written without the table.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from msgspec import Struct

from exchange.clearing_codes import CashReason
from exchange.codes import EventFlag, EventKind
from exchange.engine.event_rows import (
    ACCOUNT_SEQUENCE,
    AMOUNT_MILLS,
    BOOK_STATE,
    CANCEL_REASON,
    CASH_REASON,
    CONNECTION_END,
    DUE_NS,
    EQUITY_AFTER_MILLS,
    EQUITY_MILLS,
    FLAGS,
    INSTRUMENT,
    KIND,
    MARGIN_HELD_MILLS,
    MARK_TICK,
    OPEN_VALUE_TICK_LOTS,
    POSITION_LOTS,
    REASON,
    SEQUENCE,
    TIME_NS,
    UNPAID_GAIN_MILLS,
    Row,
    client_order_id_text,
)
from exchange.engine.query import MAINTENANCE_BP
from exchange.publish.instruments import InstrumentTable
from exchange.records import EVENT, EVENT_FIELDS, field_of
from exchange.units import NS_PER_US, share_ceil
from exchange.wire.errors import reason_code
from exchange.wire.table import CODES, Form, FormKey, Value, default_of
from exchange.wire.words import CASH_CAUSES, DISCONNECT_CAUSES, reason_of_disconnect, session_id

Getter = Callable[[Row], Any]
Maker = Callable[[Row], Any]
Show = Callable[[Any], Any]

# Values that stand behind the fields of a row: `account_row`, `reply_row`.
ACCOUNT_VALUES = ("time_us", "instrument_id")
REPLY_VALUES = ("request_id", "why", "replaced_tick", "replaced_lots", "priority")
_FIELDS = tuple(name for name, _, _ in EVENT_FIELDS)
_SET_LATER = ("received_us", "sent_us", "")  # sources of keys that the caller sets, rows of a quote among them
_WORDS_MAX = 256  # of a code of one byte; one without a word shows none

_POS = int(EventKind.POSITION_CHANGED)
_KEPT, _LOST = int(EventFlag.KEPT), int(EventFlag.LOST)
_LIQUIDATION = int(EventFlag.LIQUIDATION)
_PRIORITIES = {_KEPT: 1, _LOST: 2}
_CODE_INDICES = {int(code): index for index, code in enumerate(CODES)}


# Values that no field of a row holds: `wire.table.DERIVED`.


def priority_of(flags: int) -> int:
    """1: the replaced order kept its place, 2: it lost it, 0: neither flag, or both."""
    return _PRIORITIES.get(flags & (_KEPT | _LOST), 0)


def split_gain(lots: int, unrealised_pnl_mills: int) -> tuple[int, int | None]:
    """(unrealised, realised) mills of a position's gain (ACCT-004).

    A flat position has realised all of it. For an open one it is not known how much lots closed before have gained:
    all of it counts as unrealised, and realised is None.
    """
    return (unrealised_pnl_mills, None) if lots else (0, unrealised_pnl_mills)


@cache
def _code(reason: int, market_state: int) -> int:
    return int(reason_code(reason, market_state))


def _free_mills(row: Row) -> int:
    """Free margin; unpaid gains do not count (MARGIN-015)."""
    equity = row[EQUITY_MILLS] if row[KIND] == _POS else row[EQUITY_AFTER_MILLS]
    return equity - row[UNPAID_GAIN_MILLS] - row[MARGIN_HELD_MILLS]


# Of a refused row: all that is derived in a reply.
REFUSAL_VALUES: dict[str, Getter] = {
    "code": lambda row: _code(row[REASON], row[BOOK_STATE]),
    "code_index": lambda row: _CODE_INDICES[_code(row[REASON], row[BOOK_STATE])],
}


def values_of(table: InstrumentTable) -> dict[str, Getter]:
    """The derived values of account messages, by name. Ids and hours of instruments are those of `table`."""

    def gain(row: Row) -> int:
        hours = table.hours_at(row[INSTRUMENT], row[SEQUENCE])
        return (row[MARK_TICK] * row[POSITION_LOTS] - row[OPEN_VALUE_TICK_LOTS]) * hours

    return REFUSAL_VALUES | {
        "next_sequence": lambda row: row[ACCOUNT_SEQUENCE] + 1,
        "gain_mills": gain,
        "unrealised_mills": lambda row: split_gain(row[POSITION_LOTS], gain(row))[0],
        "maintenance_mills": lambda row: share_ceil(row[MARGIN_HELD_MILLS], MAINTENANCE_BP),
        "free_mills": _free_mills,
        "priority": lambda row: priority_of(row[FLAGS]),
        "fired": lambda row: DISCONNECT_CAUSES.index(reason_of_disconnect(row[CANCEL_REASON], row[CONNECTION_END])),
        "liquidation": lambda row: row[FLAGS] & _LIQUIDATION,
        "due_us": lambda row: row[DUE_NS] // NS_PER_US,
        "cash_word": lambda row: _cash_word(row[CASH_REASON], row[AMOUNT_MILLS]),
    }


def _cash_word(reason: int, amount: int) -> int:
    """Place of the cause of a payment in CASH_CAUSES. `amount`: mills, below 0: paid out."""
    if reason != CashReason.TRANSFER:
        return reason + 1
    return CASH_CAUSES.index("deposit" if amount > 0 else "withdrawal")


def account_row(row: Row, table: InstrumentTable) -> Row:
    """A row with the values of most account messages behind its fields."""
    instrument_id = table.id_at(row[INSTRUMENT], row[SEQUENCE])
    return row + (row[TIME_NS] // NS_PER_US, instrument_id)  # noqa: RUF005  # faster than unpacking


def reply_row(row: Row, request_id: int, why: int = 0, tick: int = 0, lots: int = 0, priority: int = 0) -> Row:
    """A row with the values of a reply behind its fields. `tick`, `lots`: of the order after a replace."""
    return row + (request_id, why, tick, lots, priority)  # noqa: RUF005  # faster than unpacking


# Messages.


class _Sources(NamedTuple):
    """Where values come from: names of the places of a row, and functions of derived values."""

    places: tuple[str, ...]
    derived: Mapping[str, Getter]


def maker_of(form: Form, behind: tuple[str, ...], derived: Mapping[str, Getter]) -> Maker:
    """A function that makes the message of a form from a row.

    Keys without a gap before them are taken in one step, because a call for each would take several times as long.

    behind    names of the values that stand behind the fields of the row
    derived   all other values that no field holds, by name
    """
    keys = [key for key in form.keys if key.source not in _SET_LATER or key.value == Value.CONSTANT]
    names, sources = form.message.__struct_fields__, _Sources((*_FIELDS, *behind), derived)
    first = next((place for place, key in enumerate(keys) if key.name != names[place]), len(keys))
    places: list[int] = []  # of the first values in the row, or in the constants that are put behind it
    constants: list[Any] = []
    changes: list[tuple[int, Getter]] = []  # (number of a value, what it is instead)
    words: list[tuple[int, Show]] = []  # (number of a value, how it is shown)
    for number, key in enumerate(keys[:first]):
        if key.value == Value.CONSTANT:
            constants.insert(0, key.constant)
            places.append(-len(constants))
            continue
        place, get = _source_of(key, sources)
        places.append(place)
        if get is not None:
            changes.append((number, get))
        show = _show_of(form, key)
        if show is not None:
            words.append((number, show))
    others = tuple((key.name, _getter_of(form, key, sources)) for key in keys[first:])
    build = form.message if form.message.__match_args__ else _by_keyword(form.message, names[:first])
    take: Callable[[Row], tuple[Any, ...]] = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
    return _maker(build, take, tuple(constants), tuple(changes), tuple(words), others)


def _by_keyword(message: type[Struct], names: Sequence[str]) -> Callable[..., Any]:
    """A function that makes a message whose fields are given by keyword from the values of its first fields."""
    return lambda *values: message(**dict(zip(names, values, strict=True)))


def _maker(
    build: Callable[..., Any],
    take: Callable[[Row], tuple[Any, ...]],
    constants: tuple[Any, ...],
    changes: tuple[tuple[int, Getter], ...],
    words: tuple[tuple[int, Show], ...],
    others: tuple[tuple[str, Getter], ...],
) -> Maker:
    def make(row: Row) -> Any:
        values = list(take(row + constants))
        for number, get in changes:
            values[number] = get(row)
        for number, show in words:
            values[number] = show(values[number])
        made = build(*values)
        for name, get in others:
            setattr(made, name, get(row))
        return made

    return make


def _source_of(key: FormKey, sources: _Sources) -> tuple[int, Getter | None]:
    """Place of a value in a row, and the function that it comes from if it does not stand there as it is."""
    if key.source in sources.derived:
        return 0, sources.derived[key.source]
    place = sources.places.index(field_of(EVENT, key.source))
    if key.value == Value.CLIENT_ORDER_ID:
        return place, lambda row: client_order_id_text(row[place], row[place + 1], row[place + 2])
    return place, None


def _show_of(form: Form, key: FormKey) -> Show | None:
    """How a value is shown; None: as it is."""
    if key.value == Value.WORD:
        return (*key.words, *("",) * (_WORDS_MAX - len(key.words))).__getitem__
    if key.value == Value.SESSION_ID:
        return session_id
    if key.value == Value.FLAG:
        return bool
    default = default_of(form.message, key.name)
    return (lambda value: value or None) if default is None and form.is_optional(key) else None


def _getter_of(form: Form, key: FormKey, sources: _Sources) -> Getter:
    """A function from a row to the value that a key shows."""
    if key.value == Value.CONSTANT:
        return lambda _: key.constant
    place, get = _source_of(key, sources)
    take, show = get or itemgetter(place), _show_of(form, key)
    return take if show is None else lambda row: show(take(row))
