"""The table of messages that the venue makes from rows: for each key, where its value stands in a row.

    ACCOUNT_FORMS   messages of account streams, made from EVENT rows
    REPLY_FORMS     `ok` and `err`, made from the EVENT rows of a command

`request_table` has requests, which become COMMAND rows.

Order, key, default and bounds come from the classes of messages; the table adds the field of the row, the kind of value
and its words. From it are made: the kernels' tables in JSON and MessagePack (`publish.encode`), the records of
`gpux.v1+bin` (`wire.binary`) and their reference, and the messages that Python makes (`publish.message_makers`). The
code that reads the table for Python is another than that of the kernels, and tests compare the two; `tests/oracle` has
messages and rows that were made without the table.

A source is the name of a field of the row, of an alias, or one of DERIVED.
"""

from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

from msgspec import NODEFAULT, UNSET, Struct
from msgspec.structs import FieldInfo, fields

from exchange.codes import EventKind, MarketState, RejectReason
from exchange.wire.account_messages import (
    Call,
    CancelOnDisconnectFired,
    Cascade,
    Cash,
    Exec,
    Fill,
    KillEvent,
    Margin,
    Position,
    ProtectionEvent,
)
from exchange.wire.errors import ErrorCode, applied, reason_text
from exchange.wire.responses import Err, Ok
from exchange.wire.words import (
    ACCOUNT_STATES,
    CANCEL_REASONS,
    CASH_CAUSES,
    DISCONNECT_CAUSES,
    KILL_PARTIES,
    LIQUIDITIES,
    ORDER_STATES,
    ORDER_TYPES,
    PROTECTION_STATES,
    SCOPES,
    SIDES,
    THRESHOLDS,
    TIFS,
)

# Values that no field of the row holds, and what they are.
DERIVED = {
    "request_id": "of the request that is answered",
    "received_us": "when the request was read",
    "sent_us": "when the reply is sent",
    "time_us": "time of the command, us",
    "instrument_id": "id of the instrument of the row's book",
    "next_sequence": "the number after `account_sequence`",
    "unrealised_mills": "gain of a position that has lots, against the mark; 0 if it has none",
    "gain_mills": "gain of a position, against the mark",
    "maintenance_mills": "maintenance margin",
    "free_mills": "free margin",
    "code": "error code of the reject reason",
    "code_index": "place of this code among all codes",
    "replaced_tick": "price after a replace",
    "replaced_lots": "total lots after a replace",
    "priority": "1: the replaced order kept its place, 2: it lost it, 0: nothing is left of it",
    "why": "CancelReason, if the command has ended the order that it entered or replaced; 0: none",
    "fired": "0: the client fell silent, 1: its connection ended in another way",
    "cash_word": "place of the cause in `words.CASH_CAUSES`",
    "liquidation": "1: the venue entered the order, to liquidate its account (FALL-003), 0: it did not",
    "due_us": "when an unmet margin call leads to liquidation, us, 0: there is no call",
}
CODES = tuple(ErrorCode)
REASON_TEXTS = ("", *(reason_text(reason) for reason in RejectReason if reason != RejectReason.NONE))
PHASES = ("", *(state.name for state in MarketState if state != MarketState.NONE))
PRIORITIES = ("", "kept", "lost")


class Answerer(IntEnum):
    """Who answers a command when it is released."""

    NOBODY = 0
    SESSION = 1  # the session that sent it: compiled code, or `Session.answer`
    TICKET = 2  # the function in the command's ticket


class Value(IntEnum):
    """How a key shows its value."""

    NUMBER = 0
    WORD = 1  # the word of a code
    CLIENT_ORDER_ID = 2  # text from three words of the row, empty for a quote
    SESSION_ID = 3  # `s_` and the number in hexadecimal; empty for 0
    CONSTANT = 4  # the same value in every message of the form
    QUOTE_ROWS = 5  # rows about the entries of a mass quote
    TAG = 6  # text from one word of the row
    TIME = 7  # microseconds, in the row nanoseconds
    FLAG = 8  # true or false, in a row a flag; a report shows it if it is true
    LEG_ROWS = 9  # rows about the legs of a combination's fill, which follow the row


@cache
def _field_of(message: type[Struct], name: str) -> FieldInfo:
    """What msgspec knows of an attribute; it looks at the whole class for each question."""
    return next(field for field in fields(message) if field.name == name)


class FormKey(NamedTuple):
    """One key of a form: attribute of the class of messages, source of its value, and how it is shown."""

    name: str
    source: str
    value: Value = Value.NUMBER
    words: tuple[str, ...] = ()
    constant: Any = None


class Form(NamedTuple):
    """A class of messages with the keys that one kind of row gives it, in the order of the class."""

    message: type[Struct]
    keys: tuple[FormKey, ...]

    def is_optional(self, key: FormKey) -> bool:
        """Whether a key is left out of a message if its value is 0 or empty."""
        field = _field_of(self.message, key.name)
        return field.default is not NODEFAULT and key.name not in ALWAYS.get(self.message, ())


def _number(name: str, source: str = "") -> FormKey:
    return FormKey(name, source or name)


def _word(name: str, words: tuple[str, ...], source: str = "") -> FormKey:
    return FormKey(name, source or name, Value.WORD, words)


def _constant(name: str, value: Any) -> FormKey:
    return FormKey(name, "", Value.CONSTANT, constant=value)


_COID = FormKey("client_order_id", "client_order_id_0", Value.CLIENT_ORDER_ID)
_SESSION = FormKey("session_id", "session", Value.SESSION_ID)
_INSTRUMENT = _number("instrument", "instrument_id")
CURRENCY = "USD"
_CURRENCY = _constant("currency", CURRENCY)
# Optional keys that are shown even if their value is 0: there 0 has a meaning.
ALWAYS: dict[type[Struct], tuple[str, ...]] = {
    Ok: ("order_id", "leaves_lots", "filled_lots", "engine_sequence", "received_us", "sent_us", "price_tick",
         "order_lots", "quotes"),
    Err: ("engine_sequence", "received_us", "sent_us", "low_tick", "high_tick", "need_mills", "free_margin_mills"),
    Position: ("realised_mills",),
    Margin: ("sequence",),
}  # fmt: skip

_HEAD = (
    _number("account"),
    _number("sequence", "account_sequence"),
    _number("engine_sequence", "sequence"),
    _number("time_us"),
)
_ORDER = (
    _INSTRUMENT,
    _COID,
    _word("state", ORDER_STATES),
    _word("side", SIDES),
    _word("order_type", ORDER_TYPES),
    _word("tif", TIFS),
    _number("price_tick", "price"),
    _number("order_lots"),
    _number("leaves_lots"),
    _number("filled_lots"),
)
_VALUE, _ORDER_ID = _number("value_tick_lots"), _number("order_id")
_LIQUIDATION = FormKey("liquidation", "liquidation", Value.FLAG)


def _exec(event: str, *more: FormKey) -> tuple[Form, ...]:
    return (Form(Exec, (*_HEAD, _constant("event", event), *_ORDER, _VALUE, _ORDER_ID, *more, _LIQUIDATION)),)


def _margin(equity: str) -> Form:
    return Form(
        Margin,
        (
            _number("account"), _number("sequence", "next_sequence"), _number("engine_sequence", "sequence"),
            _number("time_us"), _CURRENCY, _number("equity_mills", equity),
            _number("initial_margin_mills", "margin_held_mills"),
            _number("maintenance_margin_mills", "maintenance_mills"), _number("free_margin_mills", "free_mills"),
            _number("hold_mills", "margin_held_mills"), _number("required_mills"),
        ),
    )  # fmt: skip


_POSITION = (_INSTRUMENT, _number("lots", "position_lots"), _number("value_tick_lots", "open_value_tick_lots"),
             _number("mark_tick"))  # fmt: skip
_FILL = (*_HEAD, _INSTRUMENT, _ORDER_ID, _COID, _number("trade_id"), _word("side", SIDES),
         _number("price_tick", "trade_tick"), _number("lots"), _number("leaves_lots"), _number("filled_lots"),
         _VALUE, _word("liquidity", LIQUIDITIES), _number("fee_mills"), _word("state", ORDER_STATES),
         _LIQUIDATION)  # fmt: skip
_KILL = (_word("by", KILL_PARTIES, "kill_party"), _word("scope", SCOPES), _number("count", "order_count"))
_PROTECTION = (_number("group", "protection_number"), _word("group_state", PROTECTION_STATES, "protection_state"))

# Event kind -> the messages of a row that is in an account's stream. A position or money is followed by the margin if
# the row has the flag MARGIN; a position without lots and the fill of a combination take their second form.
ACCOUNT_FORMS: dict[EventKind, tuple[Form, ...]] = {
    EventKind.ORDER_ACCEPTED: _exec("new", _SESSION),
    EventKind.ORDER_REJECTED: (
        Form(
            Exec,
            (*_HEAD, _constant("event", "rejected"), *_ORDER, _constant("value_tick_lots", 0), _SESSION,
             _number("code"), _LIQUIDATION),
        ),
    ),
    EventKind.ORDER_REPLACED: _exec("replaced", _word("priority", PRIORITIES)),
    EventKind.ORDER_CANCELLED: _exec("cancelled", _word("reason", CANCEL_REASONS, "cancel_reason")),
    EventKind.STOP_TRIGGERED: _exec("triggered"),
    EventKind.ICEBERG_REFRESHED: _exec("slice"),
    EventKind.SELF_MATCH_DECREMENTED: _exec("decremented"),
    EventKind.FILL: (Form(Fill, _FILL), Form(Fill, (*_FILL, FormKey("legs", "", Value.LEG_ROWS)))),
    EventKind.POSITION_CHANGED: (
        Form(Position, (*_HEAD, *_POSITION, _number("unrealised_mills"))),
        Form(Position, (*_HEAD, *_POSITION, _constant("unrealised_mills", 0), _number("realised_mills", "gain_mills"))),
        _margin("equity_mills"),
    ),
    EventKind.CASH_MOVED: (
        Form(
            Cash,
            (*_HEAD, _CURRENCY, _number("amount_mills"), _word("reason", CASH_CAUSES, "cash_word")),
        ),
        _margin("equity_after_mills"),
    ),
    EventKind.POSITION_CASCADED: (
        Form(
            Cascade,
            (*_HEAD, _INSTRUMENT, _number("price_tick", "settlement_tick"), _number("lots", "position_lots")),
        ),
    ),
    EventKind.MARGIN_CALLED: (
        Form(
            Call,
            (
                *_HEAD, _word("state", ACCOUNT_STATES, "standing"), _number("amount_mills", "call_mills"),
                _number("due_us"),
            ),
        ),
    ),
    EventKind.PROTECTION_TRIPPED: (
        Form(
            ProtectionEvent,
            (*_HEAD, *_PROTECTION, _word("reason", THRESHOLDS, "threshold"), _number("count", "quote_count")),
        ),
    ),
    EventKind.PROTECTION_RESET: (Form(ProtectionEvent, (*_HEAD, *_PROTECTION)),),
    EventKind.KILLED: (Form(KillEvent, (*_HEAD, _constant("on", True), *_KILL)),),
    EventKind.KILL_LIFTED: (Form(KillEvent, (*_HEAD, _constant("on", False), *_KILL)),),
    EventKind.DISCONNECTED: (
        Form(
            CancelOnDisconnectFired,
            (*_HEAD, _word("reason", DISCONNECT_CAUSES, "fired"), _number("count", "order_count"), _SESSION),
        ),
    ),
}  # fmt: skip


class Reply(IntEnum):
    """The forms of replies that events alone determine."""

    ORDER = 0  # the order that a `new` entered or a `cancel` ended
    REPLACED = 1
    QUOTED = 2
    SAME = 3  # the same order is live already (ENTRY-003)
    REFUSED = 4
    REFUSED_BAND = 5
    REFUSED_MARGIN = 6


_OK_ORDER = (
    _number("reply_to", "request_id"), _ORDER_ID, _COID, _word("state", ORDER_STATES), _number("leaves_lots"),
    _number("filled_lots"), _number("engine_sequence", "sequence"), _number("received_us"), _number("sent_us"),
)  # fmt: skip
_ERR = (
    _number("reply_to", "request_id"),
    _number("code"),
    _word("name", tuple(code.name for code in CODES), "code_index"),
    _word("message", REASON_TEXTS, "reason"),
    _word("applied", tuple(applied(code) for code in CODES), "code_index"),
    _ORDER_ID,
    _COID,
    _number("engine_sequence", "sequence"),
    _number("received_us"),
    _number("sent_us"),
)
_WHY = _word("reason", CANCEL_REASONS, "why")
REPLY_FORMS: dict[Reply, Form] = {
    Reply.ORDER: Form(Ok, (*_OK_ORDER, _WHY)),
    Reply.REPLACED: Form(
        Ok,
        (*_OK_ORDER, _word("priority", PRIORITIES), _number("price_tick", "replaced_tick"),
         _number("order_lots", "replaced_lots"), _WHY),
    ),
    Reply.QUOTED: Form(
        Ok,
        (_number("reply_to", "request_id"), _number("engine_sequence", "sequence"), _number("received_us"),
         _number("sent_us"), FormKey("quotes", "", Value.QUOTE_ROWS)),
    ),
    Reply.SAME: Form(Ok, (*_OK_ORDER, _constant("duplicate", True))),
    Reply.REFUSED: Form(Err, (*_ERR, _word("phase", PHASES, "book_state"))),
    Reply.REFUSED_BAND: Form(Err, (*_ERR, _number("low_tick", "lowest_tick"), _number("high_tick", "highest_tick"))),
    Reply.REFUSED_MARGIN: Form(Err, (*_ERR, _number("need_mills", "needed_mills"), _number("free_margin_mills"))),
}  # fmt: skip


def wire_key(message: type[Struct], name: str) -> str:
    """The key of an attribute on the wire."""
    return _field_of(message, name).encode_name


def default_of(message: type[Struct], name: str) -> Any:
    """The value of an attribute whose key is left out; None if there is none."""
    default = _field_of(message, name).default
    return None if default in (NODEFAULT, UNSET) else default


assert list(RejectReason) == list(range(len(REASON_TEXTS))) and list(MarketState) == list(range(len(PHASES)))


def _check_order() -> None:
    """Keys of a form stand in the order of the class, because encoders write them in this order."""
    account_forms = [form for forms in ACCOUNT_FORMS.values() for form in forms]
    for form in (*account_forms, *REPLY_FORMS.values()):
        names = [field.name for field in fields(form.message)]
        places = [names.index(key.name) for key in form.keys]
        assert places == sorted(set(places)), f"{form.message.__name__}: keys are out of order"
        required = {field.name for field in fields(form.message) if field.required}
        assert required <= {key.name for key in form.keys}, f"{form.message.__name__}: a required key is missing"


_check_order()
