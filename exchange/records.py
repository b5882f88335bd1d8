"""COMMAND and EVENT: the two row formats that cross every border inside the exchange.

128 bytes each, little-endian, 8-byte aligned. A COMMAND is the journal's record, the kernel's argument and the
tape's row; an EVENT is what kernels emit and publishers read. `COMMAND_STRUCT` and `EVENT_STRUCT` pack and unpack
the same bytes as plain tuples, fields in the same order: per row that is several times faster from Python than
field access on a NumPy row.
"""

import struct
from typing import Any

import numpy as np

from exchange.codes import EventFlag, EventKind

ROW_VERSION = 1  # of the columns of both: tapes and kept events of another version are not read (frames: `FORMAT`)
ROW_BYTES = 128

# (name, format, unit and meaning). Formats are NumPy's; see CODES for u1 fields.
COMMAND_FIELDS = [
    ("sequence", "i8", "engine sequence `e`, from 1 without gaps; the sequencer writes it"),
    ("time_ns", "i8", "ns since 1970 UTC, the frame's time; the sequencer writes it"),
    ("kind", "u1", "CommandKind"),
    ("side", "u1", "Side"),
    ("order_type", "u1", "OrderType; SET_STATE: the MarketState asked for; KILL, UNKILL: Scope"),
    ("tif", "u1", "TimeInForce"),
    ("post_only", "u1", "PostOnly"),
    ("smp_mode", "u1", "SmpMode"),
    ("flags", "u1", "CommandFlag"),
    ("reason", "u1", "StateReason of SET_STATE, KillParty of KILL and UNKILL, else 0"),
    ("account", "u4", "account number, 0 none"),
    ("session", "u4", "session number, 0 none (venue, tapes)"),
    ("instrument", "u4", "index of the instrument's book, 0 none or any"),
    (
        "smp_id",
        "u4",
        "NEW: self-match key, 0 off; QUOTE, MMP_SET, MMP_RESET, CANCEL_ALL: number of the protection group",
    ),
    ("request_id", "i8", "client's number of the request"),
    ("order_id", "i8", "CANCEL, REPLACE: the exchange's id, 0 to find the order by client order id"),
    ("client_order_id_0", "u8", "bytes 0..7 of the client order id, zero-padded text, little-endian"),
    ("client_order_id_1", "u8", "bytes 8..15"),
    ("client_order_id_2", "u8", "bytes 16..23"),
    ("price", "i8", "ticks; DEPOSIT, WITHDRAW: mills; QUOTE: the bid; MMP_SET: GPU-hours"),
    ("trigger", "i8", "ticks, of stops; QUOTE: the ask"),
    ("lots", "i4", "NEW: lots; REPLACE: new total; TIMER: ms, 0 disarms; QUOTE: of the bid; MMP_SET: lots"),
    ("display_lots", "i4", "iceberg peak, 0 none; MMP_SET: fills, 0 for the most"),
    ("minimum_lots", "i4", "least executed quantity, 0 none; QUOTE: lots of the ask; MMP_SET: net lots"),
    ("group", "u4", "SET_STATE, CANCEL_ALL: product group, 0 none or any; KILL, UNKILL: the session or firm"),
    ("expiry_ns", "i8", "GTD: ns since 1970 UTC, 0 none; MMP_SET: the window, ns"),
    ("tag", "u8", "8 bytes of zero-padded text"),
]

EVENT_FIELDS = [
    ("sequence", "i8", "sequence of the command that caused it"),
    ("time_ns", "i8", "time of that command"),
    ("kind", "u1", "EventKind"),
    (
        "reason",
        "u1",
        "refusals: RejectReason; CXL, DSC: CancelReason; STA: StateReason; KIL, LIFTED: KillParty; MMP: Threshold",
    ),
    ("side", "u1", "Side of the order"),
    ("liquidity", "u1", "FILL: Liquidity; refusals for STATE: MarketState; KIL, LIFTED: Scope"),
    ("state", "u1", "OrderState after the event; STA: MarketState; REFUSED: MarketState in force"),
    ("flags", "u1", "EventFlag"),
    ("order_type", "u1", "OrderType"),
    ("tif", "u1", "TimeInForce"),
    ("account", "u4", "owner; 0 for market events"),
    ("session", "u4", "session that entered the order, or that sent the refused or answered request"),
    ("instrument", "u4", "index of the book, 0 none"),
    ("price", "i4", "ticks: limit price; FILL, UNX, IOP: the price traded; POS: the mark"),
    ("order_id", "i8", "the exchange's id, 0 none"),
    ("reference", "i8", "answers: request id; FILL: trade id; POS: initial margin held in mills; STA: group"),
    ("client_order_id_0", "u8", "as in COMMAND"),
    ("client_order_id_1", "u8", "as in COMMAND"),
    ("client_order_id_2", "u8", "as in COMMAND"),
    (
        "lots",
        "i4",
        "RST, RFR, ACK with RESTS: shown; FILL: traded; CXL, DEC: taken; POS: held, signed; UNX, IOP: volume; "
        "MASS: orders",
    ),
    ("leaves_lots", "i4", "still working after the event; UNX, IOP: imbalance, signed"),
    ("filled_lots", "i4", "executed so far"),
    ("order_lots", "i4", "total as ordered"),
    ("level_lots", "i4", "shown at the order's price and side after the event, where the book changed; else 0"),
    ("hidden_lots", "i4", "RST, RFR: lots behind the shown ones; FILL: ticks of the order's own level"),
    ("value_tick_lots", "i8", "sum of price * lots executed so far; POS: that of the position, signed"),
    ("account_sequence", "i8", "number of this event in its account's stream, 0 when it is not part of one"),
    ("amount_mills", "i8", "FILL: fee; CASH: amount, signed; POS and CASH with MARGIN: see below"),
]

# An order that joins its queue at once may have one row for ACK and RST: the ACK has RESTS, and its lots, level_lots
# and hidden_lots are those of the RST. `split_rests` makes two rows of it: an ACK, whose lots are 0, and an RST, as all
# other orders have that come to rest.
#
# A mass quote is a run of QUOTE rows; its events carry the sequence of the first. REJ of an entry (order_type QUOTE):
# lots is its place, from 0. QUOTED: lots is its place, state and liquidity the QuoteState of bid and ask, order_id and
# client_order_id_0 their ids. MMP, MMPR, PROTECTED: order_id is the group's number, state the ProtectionState; MMP:
# lots counts the quotes that are pulled. KIL, DSC: lots counts the orders that leave, now or later; KIL of a session
# names that one in `session`. TIMER: value_tick_lots is when it fires, ns, 0 never. POS: amount_mills is the account's
# equity. CASH: value_tick_lots is the equity and reference the margin held, both in mills, after the move. POS and
# CASH: order_id is what of the equity is no funds yet, gains in mills that are not paid (MARGIN-015). RPL: price,
# order_lots and leaves_lots are the new ones; a kept priority carries level_lots, a lost one is followed by RST (or
# fills) at the new price, and `lots` and `hidden_lots` of the RPL tell the level it left: `hidden_lots` is the old
# price, `level_lots` what remains there. REJ and RREJ of an order, for BAND: level_lots and hidden_lots are the lowest
# and the highest price that it might have had; for RISK: amount_mills is what the hold would have grown by,
# value_tick_lots what was free, both in mills. REJ with SAME: order id, price, state and lots are those of the live
# order, and the row is in no account's stream. REFUSED of a DEPOSIT for FULL, of a WITHDRAW for RISK: amount_mills is
# what it named, value_tick_lots the most that would have been moved.


def _dtype(fields: list[tuple[str, str, str]]) -> np.dtype:
    row = np.dtype((np.record, np.dtype([(name, "<" + code) for name, code, _ in fields])))
    assert row.itemsize == ROW_BYTES, row.itemsize
    assert row.names is not None and row.fields is not None
    assert all(row.fields[name][1] % row.fields[name][0].itemsize == 0 for name in row.names)
    return row


_STRUCT_CODES = {"i8": "q", "u8": "Q", "i4": "i", "u4": "I", "u1": "B"}


def _struct(fields: list[tuple[str, str, str]]) -> struct.Struct:
    packer = struct.Struct("<" + "".join(_STRUCT_CODES[code] for _, code, _ in fields))
    assert packer.size == ROW_BYTES
    return packer


def record_type(fields: list[Any]) -> np.dtype:
    """Packed `np.record` type of a state table, a multiple of 8 bytes: fields are attributes compiled or not."""
    row = np.dtype((np.record, np.dtype(fields)))
    assert row.itemsize % 8 == 0, f"{row.itemsize} bytes"
    for name in row.names or ():
        item, offset = row.fields[name][:2]  # type: ignore[index]  # a record type has fields
        assert offset % (item.base.alignment if not item.base.names else 8) == 0, f"{name} at {offset}"
    return row


def place_in(row: np.dtype, name: str) -> int:
    """Where a field begins in a row, bytes."""
    return int(row.fields[name][1])  # type: ignore[index]  # a record type has fields


def code_word(row: np.dtype, first: str, **codes: int) -> np.uint64:
    """Eight one-byte fields of a row, from `first` on, as one word: those named have these values, all others 0."""
    shifts = {name: 8 * (place_in(row, name) - place_in(row, first)) for name in codes}
    assert all(0 <= shift < 64 for shift in shifts.values()), f"not in one word: {shifts}"
    return np.uint64(sum(code << shifts[name] for name, code in codes.items()))


COMMAND = _dtype(COMMAND_FIELDS)
EVENT = _dtype(EVENT_FIELDS)
COMMAND_STRUCT = _struct(COMMAND_FIELDS)
EVENT_STRUCT = _struct(EVENT_FIELDS)


def blank_rows(row: np.dtype, count: int) -> np.ndarray:
    """`count` zeroed COMMAND or EVENT rows, each in two whole cache lines."""
    raw = np.zeros(count * ROW_BYTES + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + count * ROW_BYTES].view(row)


_RESTS = int(EventFlag.RESTS)


def _rests(events: np.ndarray) -> np.ndarray:
    """Which rows tell of a rest as well."""
    found: np.ndarray = events["flags"] & _RESTS != 0
    return found


def count_events(events: np.ndarray) -> int:
    """How many events EVENT rows tell: as many as `split_rests` has."""
    return len(events) + int(np.count_nonzero(_rests(events)))


def split_rests(events: np.ndarray) -> np.ndarray:
    """The events that EVENT rows tell (ORDER-003): an ACK with RESTS is an ACK, then an RST."""
    rests = _rests(events)
    if not rests.any():
        return events
    apart = np.repeat(events, 1 + rests)
    second = np.flatnonzero(rests) + np.arange(1, 1 + np.count_nonzero(rests))
    apart["flags"] &= 0xFF ^ _RESTS
    for name in ("lots", "level_lots", "hidden_lots"):
        apart[name][second - 1] = 0
    for name in ("reference", "account_sequence"):
        apart[name][second] = 0
    apart["kind"][second] = EventKind.ORDER_RESTED
    return apart


CLIENT_ORDER_ID_BYTES = 24
# A quote has no client order id but a key that no text can be: this byte ends its first word, which begins with the
# side; the second word is the book.
QUOTE_KEY = 0xFF << 56
QUOTE_OWNER = 1 << 31  # a quote's self-match id is this and its account (SMP-008): above all that are registered
TAG_BYTES = 8


def pack_client_order_id(text: str) -> tuple[int, int, int]:
    """Three little-endian words of the zero-padded text (at most 24 ASCII characters)."""
    return struct.unpack("<QQQ", text.encode("ascii").ljust(CLIENT_ORDER_ID_BYTES, b"\0"))


def unpack_client_order_id(first: int, second: int, third: int) -> str:
    if first >= QUOTE_KEY:
        return ""
    return struct.pack("<QQQ", first, second, third).rstrip(b"\0").decode("ascii")


def pack_tag(text: str) -> int:
    """One little-endian word of the zero-padded text (at most 8 ASCII characters)."""
    return int.from_bytes(text.encode("ascii").ljust(TAG_BYTES, b"\0"), "little")


def unpack_tag(word: int) -> str:
    return word.to_bytes(TAG_BYTES, "little").rstrip(b"\0").decode("ascii")
