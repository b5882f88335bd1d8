"""Turns messages into COMMAND rows. Only this module translates the words of the wire into the engine's codes.

A row is packed into a preallocated array with one `struct` call. Errors in the message itself are refused here, with
the name of the field (ORDER-004, before rank 1). The engine checks everything that depends on state.
"""

import struct
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from exchange.codes import (
    CommandFlag,
    CommandKind,
    KillParty,
    PostOnly,
    Scope,
)
from exchange.gateway.command_batch import CommandBatch
from exchange.records import COMMAND_STRUCT, ROW_BYTES
from exchange.units import NS_PER_MS, NS_PER_US, ORDER_LOTS_MAX
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Cancel, CancelAll, CancelTerms, Err, New, ProtectionSet, Replace
from exchange.wire.table import SMP_WORDS
from exchange.wire.words import ORDER_TYPES, SIDES, SILENT, TIFS

UNSET = msgspec.UNSET

# "quote" is an order type too, but the type of `new` does not allow it (`requests.TypeText`).
SIDE_CODES, TYPE_CODES, TIF_CODES = (
    {word: code for code, word in enumerate(words)} for words in (SIDES, ORDER_TYPES, TIFS)
)
LIMIT_TYPES = ("limit", "stop_limit")
STOP_TYPES = ("stop", "stop_limit")
POST_ONLY = {"": int(PostOnly.NONE), "reject": int(PostOnly.REJECT), "slide": int(PostOnly.SLIDE)}
COD_MODES: tuple[Literal["off", "session", "account"], ...] = ("off", "session", "account")
COD_ORDERS: tuple[Literal["all", "day"], ...] = ("all", "day")
COD_ON: tuple[Literal["drop", "logout", "both"], ...] = ("drop", "logout", "both")

_NEW = int(CommandKind.NEW)
_REPLACE = int(CommandKind.REPLACE)
_CANCEL = int(CommandKind.CANCEL)
_CANCEL_ALL = int(CommandKind.CANCEL_ALL)
_SESSION = int(CommandKind.SESSION)
_DISCONNECT = int(CommandKind.DISCONNECT)
_QUOTE = int(CommandKind.QUOTE)
_MMP_SET = int(CommandKind.MMP_SET)
_MMP_RESET = int(CommandKind.MMP_RESET)
_TIMER = int(CommandKind.TIMER)
_MORE = int(CommandFlag.MORE)
_NO_COD = int(CommandFlag.NO_COD)
_TIGHTEN = int(CommandFlag.TIGHTEN)
_REJECT_IF_ELECTED = int(CommandFlag.REJECT_IF_ELECTED)
# COMMAND_STRUCT, with texts as zero-padded bytes instead of integers: the same bytes, packed faster.
_ROW = struct.Struct(COMMAND_STRUCT.format.replace("QQQ", "24s")[:-1] + "8s")
assert _ROW.size == COMMAND_STRUCT.size == ROW_BYTES
_pack = _ROW.pack_into


class ListedInstrument(NamedTuple):
    """A listed instrument as the gateway knows it: index of its book, lowest price, revision, product group."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which is not used
    low_tick: int
    revision: int
    group: int


def check_new(message: New, listed: ListedInstrument | None) -> Err | None:
    """Why a `new` is refused before it reaches the engine, None if it is not."""
    refusal = _check_terms(message)
    if refusal is not None:
        return refusal
    if listed is None:
        text = f"no instrument {message.instrument} is listed (field i)"
        return error(message.request_id, ErrorCode.UNKNOWN_INSTRUMENT, text)
    for key, tick in (("px", message.price_tick), ("trg", message.trigger_tick)):
        if tick is not UNSET and tick < listed.low_tick:
            text = f"OUT_OF_RANGE: {key} {tick} is not in {listed.low_tick}.. (field {key})"
            return error(message.request_id, ErrorCode.BAD_MESSAGE, text)
    if message.revision and message.revision != listed.revision:
        text = f"rev {message.revision} is not in force: {listed.revision} is"
        return error(message.request_id, ErrorCode.STALE_REV, text)
    return None


def _check_terms(message: New) -> Err | None:
    """Refuse missing fields that typ and tif need, lots out of range, and fields that do not belong to typ and tif."""
    price, trigger = message.price_tick is not UNSET, message.trigger_tick is not UNSET
    if not price and message.order_type in LIMIT_TYPES:
        return _missing(message, f"px is needed with typ {message.order_type}")
    if not trigger and message.order_type in STOP_TYPES:
        return _missing(message, f"trg is needed with typ {message.order_type}")
    if not message.expiry_us and message.tif == "gtd":
        return _missing(message, "till is needed with tif gtd")
    lots = message.order_lots, message.display_lots, message.minimum_lots
    if lots[1] is not UNSET or lots[2] is not UNSET or not 1 <= message.order_lots <= ORDER_LOTS_MAX:
        refusal = _check_lots(message, q=lots[0], disp=lots[1], minq=lots[2])
        if refusal is not None:
            return refusal
    if trigger and message.order_type not in STOP_TYPES:
        text = f"trg does not belong to typ {message.order_type}: {', '.join(STOP_TYPES)} have it"
    elif message.reject_if_elected and message.order_type not in STOP_TYPES:
        text = f"rie does not belong to typ {message.order_type}: {', '.join(STOP_TYPES)} have it"
    elif message.expiry_us and message.tif != "gtd":
        text = f"till does not belong to tif {message.tif}: gtd has it"
    elif price and message.order_type == "mtl":
        text = "px does not belong to typ mtl: it takes the best opposite price"
    else:
        return None
    return error(message.request_id, ErrorCode.NOT_ALLOWED_TOGETHER, text)


def _missing(message: New | Replace, text: str) -> Err:
    return error(message.request_id, ErrorCode.BAD_MESSAGE, f"MISSING_FIELD: {text}")


def _check_lots(message: New | Replace, **given: int | msgspec.UnsetType) -> Err | None:
    """Refuse the first quantity that no instrument accepts. `given`: quantities by wire name."""
    for key, lots in given.items():
        if lots is not UNSET and not 1 <= lots <= ORDER_LOTS_MAX:
            text = f"{key} {lots} is not in 1..{ORDER_LOTS_MAX} (field {key})"
            return error(message.request_id, ErrorCode.LOTS_RANGE, text)
    return None


def check_replace(message: Replace) -> Err | None:
    """Why a `replace` is refused before it reaches the engine, None if it is not."""
    if not message.order_id and not message.client_order_id:
        return _missing(message, "oid or coid is needed")
    if message.tif == "gtd" and not message.expiry_us:
        return _missing(message, "till is needed with tif gtd")
    refusal = _check_lots(message, q=message.order_lots, disp=message.display_lots)
    if refusal is not None:
        return refusal
    if message.tif in ("ioc", "fok"):
        text = "a replace may change tif to day, gtc or gtd only"
    elif message.expiry_us and message.tif != "gtd":
        text = "till comes with tif gtd"
    else:
        return None
    return error(message.request_id, ErrorCode.NOT_ALLOWED_TOGETHER, text)


def check_cancel(message: Cancel) -> Err | None:
    """Why a `cancel` is refused before it reaches the engine, None if it is not."""
    if not message.order_id and not message.client_order_id:
        return error(message.request_id, ErrorCode.BAD_MESSAGE, "MISSING_FIELD: oid or coid is needed")
    return None


def pack_new(batch: CommandBatch, message: New, book: int, account: int, session: int, request_id: int) -> None:
    """Append a NEW row; the caller appends its ticket. In a market or stop order `px` tightens the price protection."""
    priced = message.price_tick is not UNSET
    flags = 0 if message.cancel_on_disconnect else _NO_COD
    if message.reject_if_elected:
        flags |= _REJECT_IF_ELECTED
    trigger = 0 if message.trigger_tick is UNSET else message.trigger_tick
    display = 0 if message.display_lots is UNSET else message.display_lots
    minimum = 0 if message.minimum_lots is UNSET else message.minimum_lots
    if priced and message.order_type in ("market", "stop"):
        flags |= _TIGHTEN
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _NEW, SIDE_CODES[message.side], TYPE_CODES[message.order_type], TIF_CODES[message.tif],
        POST_ONLY[message.post_only], SMP_WORDS[message.smp_mode], flags, 0,
        account, session, book, 0, request_id, 0, message.client_order_id.encode(),
        message.price_tick if priced else 0, trigger, message.order_lots, display, minimum,
        0, message.expiry_us * NS_PER_US,
        message.tag.encode(),
    )  # fmt: skip


def pack_replace(batch: CommandBatch, message: Replace, account: int, session: int, request_id: int) -> None:
    """Append a REPLACE row. Fields that the message leaves out stay unchanged."""
    keep_price = message.price_tick is UNSET
    keep_lots = message.order_lots is UNSET
    keep_display = message.display_lots is UNSET
    keep_trigger = message.trigger_tick is UNSET
    flags = (
        (CommandFlag.KEEP_PRICE if keep_price else 0)
        | (CommandFlag.KEEP_LOTS if keep_lots else 0)
        | (CommandFlag.SET_TIF if message.tif else 0)
        | (CommandFlag.SET_TAG if message.tag else 0)
        | (0 if keep_display else CommandFlag.SET_DISPLAY)
        | (0 if keep_trigger else CommandFlag.SET_TRIGGER)
    )
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _REPLACE, 0, 0, TIF_CODES[message.tif] if message.tif else 0, 0, 0, int(flags), 0,
        account, session, 0, 0, request_id, message.order_id, message.client_order_id.encode(),
        0 if keep_price else message.price_tick, 0 if keep_trigger else message.trigger_tick,
        0 if keep_lots else message.order_lots, 0 if keep_display else message.display_lots, 0, 0,
        message.expiry_us * NS_PER_US,
        message.tag.encode(),
    )  # fmt: skip


def pack_cancel(batch: CommandBatch, message: Cancel, account: int, session: int, request_id: int) -> None:
    """Append a CANCEL row."""
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _CANCEL, 0, 0, 0, 0, 0, 0, 0,
        account, session, 0, 0, request_id, message.order_id, message.client_order_id.encode(),
        0, 0, 0, 0, 0, 0, 0, b"",
    )  # fmt: skip


def pack_cancel_all(
    batch: CommandBatch, message: CancelAll, book: int, group: int, account: int, session: int, request_id: int
) -> None:
    """Append a CANCEL_ALL row with the filters of ENTRY-012."""
    flags = (CommandFlag.BY_SIDE if message.side else 0) | (CommandFlag.BY_TAG if message.tag else 0)
    flags |= CommandFlag.BY_PROTECTION if message.protection_group else 0
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _CANCEL_ALL, SIDE_CODES[message.side] if message.side else 0, 0, 0, 0, 0, int(flags), 0,
        account, session, book, message.protection_group, request_id, 0, b"",
        0, 0, 0, 0, 0, group, 0, message.tag.encode(),
    )  # fmt: skip


def pack_quote_entry(
    batch: CommandBatch,
    entry: tuple[int, int, int, int, int],
    book: int,
    number: int,
    more: bool,
    account: int,
    session: int,
    request_id: int,
) -> None:
    """Append a QUOTE row. `entry`: (instrument, bid, lots, ask, lots); `number`: of the protection group; `more`:
    another entry of the same mass quote follows."""
    _, bid, bid_lots, ask, ask_lots = entry
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _QUOTE, 0, 0, 0, 0, 0, _MORE if more else 0, 0,
        account, session, book, number, request_id, 0, b"",
        bid, ask, bid_lots, 0, ask_lots, 0, 0, b"",
    )  # fmt: skip


def pack_protection(
    batch: CommandBatch, message: ProtectionSet, group: int, account: int, session: int, request_id: int
) -> None:
    """Append an MMP_SET row."""
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _MMP_SET, 0, 0, 0, 0, 0, 0, 0,
        account, session, 0, message.group, request_id, 0, b"",
        message.gpu_hours, 0, message.traded_lots, message.fills, message.delta_lots, group,
        message.window_ms * NS_PER_MS, b"",
    )  # fmt: skip


def pack_reset(batch: CommandBatch, number: int, account: int, session: int, request_id: int) -> None:
    """Append an MMP_RESET row."""
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _MMP_RESET, 0, 0, 0, 0, 0, 0, 0,
        account, session, 0, number, request_id, 0, b"",
        0, 0, 0, 0, 0, 0, 0, b"",
    )  # fmt: skip


def pack_timer(batch: CommandBatch, ms: int, account: int, session: int, request_id: int) -> None:
    """Append a TIMER row."""
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _TIMER, 0, 0, 0, 0, 0, 0, 0,
        account, session, 0, 0, request_id, 0, b"",
        0, 0, ms, 0, 0, 0, 0, b"",
    )  # fmt: skip


def pack_kill(
    batch: CommandBatch, kind: CommandKind, scope: Scope, party: KillParty, number: int, session: int, request_id: int
) -> None:
    """Append a KILL or UNKILL row. `number`: of the account, session or firm."""
    account = number if scope == Scope.ACCOUNT else 0
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, int(kind), 0, int(scope), 0, 0, 0, 0, int(party),
        account, session, 0, 0, request_id, 0, b"",
        0, 0, 0, 0, 0, 0 if account else number, 0, b"",
    )  # fmt: skip


def pack_disconnect(batch: CommandBatch, account: int, session: int, terms: CancelTerms, silent: bool) -> None:
    """Append the DISCONNECT row of an ended connection, which cancels by the session's terms (SESS-021, COD-002).
    `silent`: the connection was closed because the client sent nothing (SESS-011)."""
    flags = CommandFlag.WHOLE_ACCOUNT if terms.mode == "account" else 0
    flags |= CommandFlag.DAY_ONLY if terms.orders == "day" else 0
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _DISCONNECT, 0, 0, 0, 0, 0, int(flags), 0,
        account, session, 0, 0, SILENT if silent else 0, 0, b"",
        0, 0, 0, 0, 0, 0, 0, b"",
    )  # fmt: skip


def pack_session(
    batch: CommandBatch, account: int, session: int, request_id: int, key: str, terms: CancelTerms
) -> None:
    """Append a SESSION row with key id and terms, in fields that the engine does not use. A restart reads them from the
    journal, so that the session keeps its key and its cancel on disconnect (SESS-021)."""
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _SESSION, COD_ORDERS.index(terms.orders), COD_MODES.index(terms.mode), COD_ON.index(terms.on),
        0, 0, 0, 0,
        account, session, 0, 0, request_id, 0, key.encode(),
        0, 0, terms.grace_ms, 0, 0, 0, 0, b"",
    )  # fmt: skip


def session_terms(row: Any) -> tuple[str, CancelTerms]:
    """Key id and terms of a SESSION row (a COMMAND record)."""
    words = np.array([row.key_id_0, row.key_id_1, row.key_id_2], "<u8")
    terms = CancelTerms(
        mode=COD_MODES[int(row.cod_mode)],
        orders=COD_ORDERS[int(row.cod_orders)],
        on=COD_ON[int(row.cod_on)],
        grace_ms=int(row.grace_ms),
    )
    return words.tobytes().rstrip(b"\0").decode("ascii"), terms
