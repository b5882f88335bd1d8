"""COMMAND and EVENT: the two row formats with which the parts of the exchange talk to each other.

A row has 128 bytes, little-endian, 8-byte aligned. A COMMAND is the journal's record, the kernel's argument and the
tape's row; an EVENT is what kernels emit and publishers read. `COMMAND_STRUCT` and `EVENT_STRUCT` convert the same
bytes from and to tuples, one item a field: for single rows that is several times faster than fields of a NumPy row.

A field has one meaning. If a kind of row keeps another quantity in a field, that quantity has a name of its own, an
*alias*: see `COMMAND_ALIASES` and `EVENT_ALIASES`. `COMMAND_KINDS` and `EVENT_KINDS` list the names that each kind of
row carries; `engine/ROWS.md` is generated from them. Rows have aliases as attributes. Arrays, files and structs have
fields only: write `column(rows, "bid_tick")` for the column of an alias.
"""

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from exchange.codes import CommandKind, EventKind

ROW_VERSION = 1  # of both formats; tapes and kept events of another version are not read (journal: `FORMAT`)
ROW_BYTES = 128

# (name, NumPy format, meaning with unit). For u1 fields the meaning names an enum of `exchange.codes`.
COMMAND_FIELDS = [
    ("sequence", "i8", "number of the command, from 1 without gaps; the sequencer writes it"),
    ("time_ns", "i8", "time of its journal frame, ns since 1970 UTC; the sequencer writes it"),
    ("kind", "u1", "CommandKind"),
    ("side", "u1", "Side"),
    ("order_type", "u1", "OrderType"),
    ("tif", "u1", "TimeInForce"),
    ("post_only", "u1", "PostOnly"),
    ("smp_mode", "u1", "SmpMode"),
    ("flags", "u1", "CommandFlag"),
    ("reason", "u1", "a code; each kind that has one names it by an alias"),
    ("account", "u4", "account number, 0 none"),
    ("session", "u4", "number of the session that sent it, 0 none (venue, tapes)"),
    ("instrument", "u4", "index of the book, 0: none or any; if not listed, see `wire.words.unlisted_index`"),
    ("smp_id", "u4", "self-match id: orders with the same id do not trade with each other; 0: no prevention"),
    ("request_id", "i8", "number that the client gave the request"),
    ("order_id", "i8", "the exchange's id of the order, 0: find it by client order id"),
    ("client_order_id_0", "u8", "bytes 0..7 of the client order id, zero-padded text, little-endian"),
    ("client_order_id_1", "u8", "bytes 8..15"),
    ("client_order_id_2", "u8", "bytes 16..23"),
    ("price", "i8", "limit price, ticks"),
    ("trigger", "i8", "trigger price of a stop, ticks"),
    ("lots", "i4", "total lots of the order"),
    ("display_lots", "i4", "lots that an iceberg shows at a time, 0: no iceberg"),
    ("minimum_lots", "i4", "least lots to execute at once, else the order is cancelled; 0: none"),
    ("group", "u4", "number of the product group, 0: none or any"),
    ("expiry_ns", "i8", "when a GTD order expires, ns since 1970 UTC; 0: never"),
    ("tag", "u8", "the client's text for the order, at most 8 bytes, zero-padded"),
]

EVENT_FIELDS = [
    ("sequence", "i8", "sequence of the command that caused it; of a mass quote, that of its first row"),
    ("time_ns", "i8", "time of that command, ns since 1970 UTC"),
    ("kind", "u1", "EventKind"),
    ("reason", "u1", "RejectReason"),
    ("side", "u1", "Side of the order"),
    ("liquidity", "u1", "Liquidity"),
    ("state", "u1", "OrderState after the event"),
    ("flags", "u1", "EventFlag"),
    ("order_type", "u1", "OrderType"),
    ("tif", "u1", "TimeInForce"),
    ("account", "u4", "account number of the owner, 0: a market event"),
    ("session", "u4", "number of the session that entered the order, or that sent the request"),
    ("instrument", "u4", "index of the book, 0: none; of a refused command as in the COMMAND"),
    ("price", "i4", "limit price of the order, ticks"),
    ("order_id", "i8", "the exchange's id of the order, 0: none"),
    ("reference", "i8", "request id of the command that the event answers, 0: none"),
    ("client_order_id_0", "u8", "as in COMMAND"),
    ("client_order_id_1", "u8", "as in COMMAND"),
    ("client_order_id_2", "u8", "as in COMMAND"),
    ("lots", "i4", "lots by which the event reduces the order: traded, or cancelled"),
    ("leaves_lots", "i4", "lots of the order that work after the event"),
    ("filled_lots", "i4", "lots executed so far"),
    ("order_lots", "i4", "total lots as ordered"),
    ("level_lots", "i4", "lots that the changed price level shows after the event, 0: it changed none"),
    ("hidden_lots", "i4", "lots of the order that are not shown"),
    ("value_tick_lots", "i8", "sum of price * lots over the fills of the order so far, ticks * lots"),
    ("account_sequence", "i8", "number of the event in its account's stream, 0: it is in none"),
    ("amount_mills", "i8", "money moved, mills; below 0: paid out"),
]


class Alias(NamedTuple):
    """Another name of a field, for the quantity that some kinds of row keep in it."""

    field: str
    meaning: str  # with the unit


COMMAND_ALIASES = {
    "market_state": Alias("order_type", "MarketState to change to"),
    "state_reason": Alias("reason", "StateReason"),
    "scope": Alias("order_type", "Scope of the kill"),
    "kill_party": Alias("reason", "KillParty"),
    "killed_session": Alias("group", "number of the session, for Scope SESSION"),
    "killed_firm": Alias("group", "number of the firm, for Scope FIRM"),
    "cod_orders": Alias("side", "orders to cancel on disconnect: index into `gateway.translate.COD_ORDERS`"),
    "cod_mode": Alias("order_type", "whose orders to cancel on disconnect: index into `gateway.translate.COD_MODES`"),
    "cod_on": Alias("tif", "which ends of a connection cancel: index into `gateway.translate.COD_ON`"),
    "grace_ms": Alias("lots", "time in which a lost connection may be resumed before its orders are cancelled, ms"),
    "key_id_0": Alias("client_order_id_0", "bytes 0..7 of the id of the session's key, zero-padded text"),
    "key_id_1": Alias("client_order_id_1", "bytes 8..15"),
    "key_id_2": Alias("client_order_id_2", "bytes 16..23"),
    "connection_end": Alias("request_id", "`wire.words.SILENT`: the client fell silent; 0: any other end"),
    "delay_ms": Alias("lots", "time until the timer fires, ms; 0 disarms it"),
    "amount_mills": Alias("price", "money to pay in or out, mills, above 0"),
    "protection_number": Alias("smp_id", "number that the account gave a protection group, 0: none"),
    "bid_tick": Alias("price", "price of the bid, ticks"),
    "ask_tick": Alias("trigger", "price of the ask, ticks"),
    "bid_lots": Alias("lots", "lots of the bid, 0: remove the bid"),
    "ask_lots": Alias("minimum_lots", "lots of the ask, 0: remove the ask"),
    "window_ns": Alias("expiry_ns", "length of the time window in which fills count, ns"),
    "lots_max": Alias("lots", "threshold of lots traded, 0: none"),
    "fills_max": Alias("display_lots", "threshold of the number of fills, 0: `limits.MMP_FILLS`"),
    "delta_lots_max": Alias("minimum_lots", "threshold of lots bought less lots sold, in either direction, 0: none"),
    "hours_max": Alias("price", "threshold of GPU-hours traded, 0: none"),
}

_ID = "client_order_id_0 client_order_id_1 client_order_id_2"
_SENDER = "account session request_id"
# Fields and aliases of each kind of row, beside sequence, time_ns and kind. Controls have a payload instead.
COMMAND_KINDS = {
    CommandKind.NEW: f"side order_type tif post_only smp_mode flags {_SENDER} instrument smp_id {_ID} price trigger "
    "lots display_lots minimum_lots expiry_ns tag",
    CommandKind.REPLACE: f"tif flags {_SENDER} order_id {_ID} price trigger lots display_lots expiry_ns tag",
    CommandKind.CANCEL: f"{_SENDER} order_id {_ID}",
    CommandKind.CANCEL_ALL: f"side flags {_SENDER} instrument protection_number group tag",
    CommandKind.QUOTE: f"flags {_SENDER} instrument protection_number bid_tick ask_tick bid_lots ask_lots",
    CommandKind.DEPOSIT: f"{_SENDER} amount_mills",
    CommandKind.WITHDRAW: f"{_SENDER} amount_mills",
    CommandKind.SET_STATE: f"market_state flags state_reason {_SENDER} instrument group",
    CommandKind.CLOCK: "",
    CommandKind.KILL: f"scope kill_party {_SENDER} killed_session killed_firm",
    CommandKind.UNKILL: f"scope kill_party {_SENDER} killed_session killed_firm",
    CommandKind.DISCONNECT: "flags account session connection_end",
    CommandKind.SESSION: f"cod_orders cod_mode cod_on {_SENDER} key_id_0 key_id_1 key_id_2 grace_ms",
    CommandKind.MMP_SET: f"{_SENDER} protection_number hours_max lots_max fills_max delta_lots_max group window_ns",
    CommandKind.MMP_RESET: f"{_SENDER} protection_number",
    CommandKind.INDICATIVE: "instrument",
    CommandKind.TIMER: f"{_SENDER} delay_ms",
}

EVENT_ALIASES = {
    "cancel_reason": Alias("reason", "CancelReason"),
    "cash_reason": Alias("reason", "CashReason"),
    "state_reason": Alias("reason", "StateReason"),
    "kill_party": Alias("reason", "KillParty"),
    "settle_method": Alias("reason", "SettleMethod"),
    "index_how": Alias("reason", "IndexHow"),
    "threshold": Alias("reason", "Threshold that tripped the group"),
    "book_state": Alias("liquidity", "MarketState of the book, if the reason is STATE"),
    "scope": Alias("liquidity", "Scope of the kill"),
    "settle_flagged": Alias("liquidity", "1: the price and that of another tier contradict each other (SETTLE-006)"),
    "bid_state": Alias("state", "QuoteState of the bid"),
    "ask_state": Alias("liquidity", "QuoteState of the ask"),
    "market_state": Alias("state", "MarketState after the event"),
    "life": Alias("state", "Life of the instrument after the event"),
    "state_in_force": Alias("state", "MarketState in force, if a SET_STATE is refused for STATE"),
    "protection_state": Alias("state", "ProtectionState"),
    "standing": Alias("state", "Standing of the account"),
    "asked_state": Alias("order_type", "MarketState that a refused SET_STATE asked for"),
    "asked_scope": Alias("order_type", "Scope of a refused KILL or UNKILL"),
    "killed_session": Alias("session", "number of the session that is killed or no longer killed, for Scope SESSION"),
    "protection_number": Alias("order_id", "number that the account gave the protection group"),
    "bid_id": Alias("order_id", "the exchange's id of the bid, 0: none"),
    "ask_id": Alias("client_order_id_0", "the exchange's id of the ask, 0: none"),
    "trade_id": Alias("reference", "number of the trade"),
    "group": Alias("reference", "number of the product group, 0: the state is that of one book"),
    "connection_end": Alias("reference", "as in COMMAND"),
    "bid_tick": Alias("price", "price of the bid, ticks, of a refused entry of a mass quote (order_type QUOTE)"),
    "trade_tick": Alias("price", "price of the trade, ticks"),
    "index_tick": Alias("price", "value of the index on the day, ticks, 0: none"),
    "uncross_tick": Alias("price", "price of an uncross, ticks"),
    "implied_tick": Alias("price", "implied price, ticks"),
    "mark_tick": Alias("price", "price that the position is valued at, ticks"),
    "settlement_tick": Alias("price", "last settlement price, ticks"),
    "inputs_0": Alias("client_order_id_0", "bytes 0..7 of the SHA-256 of a settlement's inputs, all 0: none is known"),
    "inputs_1": Alias("client_order_id_1", "bytes 8..15"),
    "inputs_2": Alias("client_order_id_2", "bytes 16..23"),
    "inputs_3": Alias("value_tick_lots", "bytes 24..31"),
    "level_tick": Alias("hidden_lots", "limit price of the order, ticks; a trade may be at another price"),
    "old_tick": Alias("hidden_lots", "price before a REPLACE that lost priority, ticks; `level_lots` is of it"),
    "lowest_tick": Alias("level_lots", "lowest price allowed for the order, ticks, if the reason is BAND"),
    "highest_tick": Alias("hidden_lots", "highest price allowed for the order, ticks, if the reason is BAND"),
    "shown_lots": Alias("lots", "lots of the order that the book shows after the event"),
    "working_lots": Alias("lots", "lots of the order that work after the event, as in leaves_lots"),
    "volume_lots": Alias("lots", "lots that the uncross trades"),
    "imbalance_lots": Alias("leaves_lots", "lots to buy less lots to sell at the price of the uncross"),
    "implied_lots": Alias("lots", "lots at the implied price, 0: there is no implied price any more"),
    "position_lots": Alias("lots", "lots held, long > 0"),
    "order_count": Alias("lots", "number of orders that are cancelled, now or when their market state allows it"),
    "window_lots": Alias("lots", "lots printed in the closing window"),
    "open_interest_lots": Alias("leaves_lots", "lots held long, which are also those held short"),
    "floor_bp": Alias("lots", "goodput floor of an index, basis points"),
    "susceptibility_ticks": Alias("hidden_lots", "most that the value would differ without any one seller (INDEX-004)"),
    "ended_id": Alias("order_id", "id of the instrument that has ended: its book may get another one (SPEC-042)"),
    "seller": Alias("order_id", "account that has sold a block, or given long lots; `account` has them now"),
    "trading_day": Alias("order_lots", "trading day of a settlement or of its payment, days since 1970, 0: none"),
    "quote_count": Alias("lots", "number of quotes that are cancelled"),
    "entry_place": Alias("lots", "place of the entry in its mass quote, from 0"),
    "fee_mills": Alias("amount_mills", "fee of the fill, mills"),
    "equity_mills": Alias("amount_mills", "the account's equity, mills"),
    "equity_after_mills": Alias("value_tick_lots", "the account's equity after the move, mills"),
    "call_mills": Alias("amount_mills", "mills that the account is called for, 0: it is not called"),
    "due_ns": Alias("value_tick_lots", "when an unmet call leads to liquidation, ns since 1970 UTC, 0: no call"),
    "margin_held_mills": Alias("reference", "the account's initial margin held, mills"),
    "required_mills": Alias("client_order_id_0", "its full initial margin as of the last MARGIN, mills (MARGIN-001)"),
    "unpaid_gain_mills": Alias("order_id", "gains that are in the equity but not in the funds (MARGIN-015), mills"),
    "needed_mills": Alias("amount_mills", "mills by which the order would raise initial margin, if the reason is RISK"),
    "free_margin_mills": Alias("value_tick_lots", "free margin, mills, if the reason is RISK"),
    "asked_mills": Alias("amount_mills", "mills asked for: by a DEPOSIT refused for FULL, a WITHDRAW for RISK"),
    "most_mills": Alias("value_tick_lots", "most mills that would have been accepted in place of these"),
    "open_value_tick_lots": Alias("value_tick_lots", "sum of price * signed lots of the position, ticks * lots"),
    "reopen_ns": Alias("value_tick_lots", "when a timer ends the state, ns since 1970 UTC; in a halt minus the rest"),
    "fires_ns": Alias("value_tick_lots", "when the timer fires, ns since 1970 UTC, 0: never"),
}

_REFUSED = f"reason book_state side tif account session instrument order_id reference {_ID}"
_ORDER = (
    f"side order_type tif state account session instrument order_id {_ID} leaves_lots filled_lots order_lots "
    "value_tick_lots"
)
_NUMBERED = "account account_sequence"
_KILL = f"{_NUMBERED} session killed_session kill_party scope reference order_count"
# Fields and aliases of each kind of row, beside sequence, time_ns and kind.
EVENT_KINDS = {
    EventKind.ORDER_ACCEPTED: f"{_ORDER} price flags reference shown_lots level_lots hidden_lots account_sequence",
    EventKind.ORDER_REJECTED: f"{_ORDER} price flags reason book_state reference bid_tick entry_place lowest_tick "
    "highest_tick needed_mills free_margin_mills account_sequence",
    EventKind.ORDER_RESTED: f"{_ORDER} price shown_lots level_lots hidden_lots",
    EventKind.FILL: f"{_ORDER} trade_id trade_tick lots liquidity flags level_lots level_tick fee_mills "
    "account_sequence",
    EventKind.LEG_FILLED: f"side {_NUMBERED} instrument order_id trade_id trade_tick lots",
    EventKind.ICEBERG_REFRESHED: f"{_ORDER} price shown_lots level_lots hidden_lots account_sequence",
    EventKind.ORDER_REPLACED: f"{_ORDER} price flags reference working_lots level_lots old_tick account_sequence",
    EventKind.REPLACE_REJECTED: f"{_REFUSED} lowest_tick highest_tick needed_mills free_margin_mills",
    EventKind.CANCEL_REJECTED: _REFUSED,
    EventKind.ORDER_CANCELLED: f"{_ORDER} price cancel_reason flags reference lots level_lots account_sequence",
    EventKind.SELF_MATCH_DECREMENTED: f"{_ORDER} price flags lots level_lots account_sequence",
    EventKind.STOP_TRIGGERED: f"{_ORDER} price working_lots account_sequence",
    EventKind.UNCROSSED: "instrument uncross_tick volume_lots imbalance_lots",
    EventKind.INDICATIVE_PRICE: "flags instrument uncross_tick volume_lots imbalance_lots",
    EventKind.STATE_CHANGED: "market_state state_reason instrument group reopen_ns",
    EventKind.KILLED: _KILL,
    EventKind.DISCONNECTED: f"{_NUMBERED} session instrument cancel_reason flags connection_end order_count",
    EventKind.PROTECTION_TRIPPED: f"{_NUMBERED} threshold protection_state protection_number quote_count",
    EventKind.PROTECTION_RESET: f"{_NUMBERED} session instrument reference protection_state protection_number",
    EventKind.MASS_CANCELLED: "account session instrument cancel_reason reference order_count",
    EventKind.POSITION_CHANGED: f"{_NUMBERED} instrument flags mark_tick position_lots open_value_tick_lots "
    "equity_mills margin_held_mills unpaid_gain_mills required_mills",
    EventKind.CASH_MOVED: f"{_NUMBERED} session instrument cash_reason trading_day flags amount_mills "
    "equity_after_mills margin_held_mills unpaid_gain_mills required_mills",
    EventKind.INSTRUMENT_LISTED: "instrument settlement_tick",
    EventKind.SETTLED: "instrument settlement_tick settle_method settle_flagged trading_day window_lots "
    "open_interest_lots inputs_0 inputs_1 inputs_2 inputs_3",
    EventKind.MARKED: "instrument mark_tick",
    EventKind.INSTRUMENT_ENDED: "instrument ended_id settlement_tick life",
    EventKind.POSITION_CASCADED: f"{_NUMBERED} instrument settlement_tick position_lots",
    EventKind.INDEX_TAKEN: "group floor_bp trading_day index_tick index_how susceptibility_ticks",
    EventKind.BLOCKED: "account seller instrument trade_tick lots",
    EventKind.BUSTED: "instrument trade_id trade_tick lots",
    EventKind.TRANSFERRED: "account seller instrument trade_tick lots",
    EventKind.MARGIN_CALLED: f"{_NUMBERED} standing call_mills due_ns",
    EventKind.ACCOUNT_DEFINED: "account",
    EventKind.SESSION_OPENED: "account session instrument reference",
    EventKind.COMMAND_REFUSED: f"{_REFUSED} state_in_force asked_state asked_scope asked_mills most_mills",
    EventKind.KILL_LIFTED: _KILL,
    EventKind.TIMER_SET: "account session instrument reference fires_ns",
    EventKind.QUOTE_ACCEPTED: "account session instrument reference entry_place bid_state ask_state bid_id ask_id",
    EventKind.PROTECTION_DEFINED: "account session instrument reference protection_state protection_number",
    EventKind.IMPLIED_PRICE: "side instrument implied_tick implied_lots",
}

# An ORDER_ACCEPTED with the flag RESTS also reports the ORDER_RESTED, whose shown, level and hidden lots it has.
# `event_rows.split_rests` makes two rows of it: an ORDER_ACCEPTED that shows nothing, and an ORDER_RESTED.
# A mass quote is a run of QUOTE rows; its events carry the sequence of the first row. An ORDER_REJECTED with the flag
# SAME repeats the live order with the same client order id: id, price, state and lots. It is in no account's stream.

_ALIASES: dict[tuple[str, ...], Mapping[str, Alias]] = {}  # key: names of the row's fields


class Record(np.record):
    """A row with fields and aliases as attributes, as kernels have them; NumPy's own takes five times as long."""

    def __getattribute__(self, name: str) -> Any:
        if name in _OF_ALL_ROWS:
            return _attribute(self, name)
        try:
            return _item(self, name)
        except ValueError:
            return _item(self, _aliased(self.dtype, name))

    def __setattr__(self, name: str, value: Any) -> None:
        _set_item(self, name if name in (self.dtype.names or ()) else _aliased(self.dtype, name), value)


_OF_ALL_ROWS = frozenset(dir(np.record))  # a field with such a name is read with brackets
_attribute, _item, _set_item = np.void.__getattribute__, np.void.__getitem__, np.void.__setitem__


def _aliased(row: np.dtype, name: str) -> str:
    if name not in aliases_of(row):
        raise AttributeError(f"{name} is neither a field of the row nor an alias")
    return field_of(row, name)


def aliases_of(row: np.dtype) -> Mapping[str, Alias]:
    """The aliases of a row type, by name."""
    return _ALIASES.get(row.names or (), {})


def field_of(row: np.dtype, name: str) -> str:
    """The field of an alias; the name itself if it is a field."""
    alias = aliases_of(row).get(name)
    return name if alias is None else alias.field


def record_type(fields: list[Any], aliases: Mapping[str, Alias] | None = None) -> np.dtype:
    """Row type of a table, without padding; its size must be a multiple of 8 bytes. Fields as for `np.dtype`."""
    row = np.dtype((Record, np.dtype(fields)))
    assert row.itemsize % 8 == 0, f"a row of {row.itemsize} bytes: make it a multiple of 8 with a spare field"
    assert row.names is not None and row.fields is not None
    for name in row.names:
        item, offset = row.fields[name][:2]
        alignment = 8 if item.base.names else item.base.alignment
        assert offset % alignment == 0, f"{name} is not aligned: it would be at byte {offset}"
    if aliases:
        assert all(alias.field in row.names and name not in row.names for name, alias in aliases.items())
        _ALIASES[row.names] = aliases
    return row


def _struct(fields: list[tuple[str, str, str]]) -> struct.Struct:
    codes = {"i8": "q", "u8": "Q", "i4": "i", "u4": "I", "u1": "B"}
    return struct.Struct("<" + "".join(codes[code] for _, code, _ in fields))


def place_in(row: np.dtype, name: str) -> int:
    """Offset of a field or alias in a row, bytes."""
    return int(row.fields[field_of(row, name)][1])  # type: ignore[index]  # a record type has fields


COMMAND = record_type([(name, "<" + code) for name, code, _ in COMMAND_FIELDS], COMMAND_ALIASES)
EVENT = record_type([(name, "<" + code) for name, code, _ in EVENT_FIELDS], EVENT_ALIASES)
COMMAND_STRUCT, EVENT_STRUCT = _struct(COMMAND_FIELDS), _struct(EVENT_FIELDS)
assert COMMAND.itemsize == EVENT.itemsize == COMMAND_STRUCT.size == EVENT_STRUCT.size == ROW_BYTES


def column(rows: np.ndarray, name: str) -> np.ndarray:
    """Column of a table by the name of a field or an alias, as a view."""
    found: np.ndarray = rows[field_of(rows.dtype, name)]
    return found


def blank_rows(row: np.dtype, count: int) -> np.ndarray:
    """`count` COMMAND or EVENT rows of zeros, each aligned to a cache line."""
    raw = np.zeros(count * ROW_BYTES + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + count * ROW_BYTES].view(row)


CLIENT_ORDER_ID_BYTES, TAG_BYTES, DIGEST_BYTES = 24, 8, 32  # the last: of a SHA-256
# A quote has a key instead of a client order id. The first word has this byte on top, which no text has, and the side
# below; the second word is the book.
QUOTE_KEY = 0xFF << 56
QUOTE_OWNER = 1 << 31  # a quote's self-match id is this plus its account; no registered id is as large (SMP-008)


def pack_client_order_id(text: str) -> tuple[int, int, int]:
    """Three little-endian words of a zero-padded text of at most 24 ASCII characters."""
    return struct.unpack("<QQQ", text.encode("ascii").ljust(CLIENT_ORDER_ID_BYTES, b"\0"))


def unpack_client_order_id(first: int, second: int, third: int) -> str:
    if first >= QUOTE_KEY:
        return ""
    return struct.pack("<QQQ", first, second, third).rstrip(b"\0").decode("ascii", "backslashreplace")


def pack_digest(text: str) -> tuple[int, int, int, int]:
    """`inputs_0` to `inputs_3` of a SHA-256 in hexadecimal; all 0 for an empty text."""
    return struct.unpack("<QQQq", bytes.fromhex(text).ljust(DIGEST_BYTES, b"\0"))


def unpack_digest(*words: int) -> str:
    """The SHA-256 in hexadecimal of `inputs_0` to `inputs_3`; empty if it is not known."""
    return struct.pack("<QQQq", *words).hex() if any(words) else ""


def pack_tag(text: str) -> int:
    """One little-endian word of a zero-padded text of at most 8 ASCII characters."""
    return int.from_bytes(text.encode("ascii").ljust(TAG_BYTES, b"\0"), "little")


def unpack_tag(word: int) -> str:
    return word.to_bytes(TAG_BYTES, "little").rstrip(b"\0").decode("ascii", "backslashreplace")
