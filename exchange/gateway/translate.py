"""Turns messages into COMMAND rows. Only this module translates the words of the wire into the engine's codes.

A row is packed into a preallocated array with one `struct` call; which key of an order or quote goes where is in
`wire.request_table`. Errors in the message itself are refused by `wire.request_checks` before; the engine checks
everything that depends on state.
"""

import struct
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import fields

from exchange.codes import (
    CommandFlag,
    CommandKind,
    KillParty,
    Scope,
)
from exchange.gateway.command_batch import CommandBatch
from exchange.records import COMMAND, COMMAND_FIELDS, COMMAND_STRUCT, ROW_BYTES, field_of
from exchange.units import NS_PER_MS, NS_PER_US
from exchange.wire.messages import Cancel, CancelAll, CancelTerms, New, ProtectionSet, Replace
from exchange.wire.request_table import ENTRY_FIELDS, REQUESTS, RequestForm, RequestKey
from exchange.wire.table import Value
from exchange.wire.words import SIDES, SILENT

UNSET = msgspec.UNSET

COD_MODES: tuple[Literal["off", "session", "account"], ...] = ("off", "session", "account")
COD_ORDERS: tuple[Literal["all", "day"], ...] = ("all", "day")
COD_ON: tuple[Literal["drop", "logout", "both"], ...] = ("drop", "logout", "both")

_CANCEL_ALL = int(CommandKind.CANCEL_ALL)
_SESSION = int(CommandKind.SESSION)
_DISCONNECT = int(CommandKind.DISCONNECT)
_MMP_SET = int(CommandKind.MMP_SET)
_MMP_RESET = int(CommandKind.MMP_RESET)
_TIMER = int(CommandKind.TIMER)
_MORE = int(CommandFlag.MORE)
_TIGHTEN = int(CommandFlag.TIGHTEN)
# COMMAND_STRUCT, with texts as zero-padded bytes instead of integers: the same bytes, packed faster.
_ROW = struct.Struct(COMMAND_STRUCT.format.replace("QQQ", "24s")[:-1] + "8s")
assert _ROW.size == COMMAND_STRUCT.size == ROW_BYTES
_pack = _ROW.pack_into
_PLACES = [name for name, _, _ in COMMAND_FIELDS if name not in ("client_order_id_1", "client_order_id_2")]


class ListedInstrument(NamedTuple):
    """A listed instrument as the gateway knows it: index of its book, lowest price, revision, product group."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which is not used
    low_tick: int
    revision: int
    group: int


# Rows by the table of requests.


class _RowForm(NamedTuple):
    """How a request becomes a row.

    template   the values of a row without any key, in the order of _PLACES
    take       takes the values of all keys that have a field from a message
    fields     of each of them (default, place in the row, function from the value to that in the row if they differ)
    flags      (attribute, default, flags that change if the value is not the default)
    """

    template: tuple[Any, ...]
    take: Callable[[Any], tuple[Any, ...]]
    fields: tuple[tuple[Any, int, Callable[[Any], Any] | None], ...]
    flags: tuple[tuple[str, Any, int], ...]


def _row_form(form: RequestForm) -> _RowForm:
    """Account and instrument are left out: the caller knows them."""
    defaults = {field.name: field.default for field in fields(form.message)}
    template: dict[str, Any] = dict.fromkeys(_PLACES, 0) | {"client_order_id_0": b"", "tag": b""}
    template |= {"kind": int(form.kind), "flags": form.flags}
    keys = [key for key in form.keys if key.field and key.name not in ("account", "instrument")]
    for key in keys:
        if key.value == Value.WORD:
            template[key.field] = _codes(key).get(defaults[key.name], 0)
    return _RowForm(
        tuple(template.values()),
        attrgetter(*(key.name for key in keys)),
        tuple((defaults[key.name], _PLACES.index(key.field), _packer_of(key)) for key in keys),
        tuple((key.name, defaults[key.name], key.toggles) for key in form.keys if key.toggles),
    )


def _codes(key: RequestKey) -> dict[Any, int]:
    return {"": 0, **(key.codes or {}), **key.others}


def _packer_of(key: RequestKey) -> Callable[[Any], Any] | None:
    """The function from the value of a key to that of its field."""
    if key.value == Value.WORD:
        return _codes(key).__getitem__
    if key.value in (Value.CLIENT_ORDER_ID, Value.TAG):
        return str.encode
    return (lambda us: us * NS_PER_US) if key.value == Value.TIME else None


_NEW, _REPLACE, _CANCEL, _QUOTE = map(_row_form, REQUESTS)
_FLAGS, _ACCOUNT, _SESSION_OF, _INSTRUMENT, _REQUEST_ID = map(
    _PLACES.index, ("flags", "account", "session", "instrument", "request_id")
)
_BID, _BID_LOTS, _ASK, _ASK_LOTS = (_PLACES.index(field_of(COMMAND, name)) for name in ENTRY_FIELDS[1:])
_PROTECTION = _PLACES.index(field_of(COMMAND, "protection_number"))


def _row_of(form: _RowForm, message: Any) -> list[Any]:
    """The row of a request, without its sender."""
    row = list(form.template)
    for value, (default, place, pack) in zip(form.take(message), form.fields):  # noqa: B905  # `strict` takes 0.3 us
        if value is not default:
            row[place] = pack(value) if pack is not None else value
    for name, default, flags in form.flags:
        if getattr(message, name) != default:
            row[_FLAGS] ^= flags
    return row


def _append(batch: CommandBatch, row: list[Any], account: int, session: int, request_id: int) -> None:
    """Write a row with its sender into a batch; the caller appends its ticket."""
    row[_ACCOUNT], row[_SESSION_OF], row[_REQUEST_ID] = account, session, request_id
    _pack(batch.buffer, batch.count * ROW_BYTES, *row)


def pack_new(batch: CommandBatch, message: New, book: int, account: int, session: int, request_id: int) -> None:
    """Append a NEW row. In a market or stop order `px` tightens the price protection."""
    row = _row_of(_NEW, message)
    row[_INSTRUMENT] = book
    if message.price_tick is not UNSET and message.order_type in ("market", "stop"):
        row[_FLAGS] |= _TIGHTEN
    _append(batch, row, account, session, request_id)


def pack_replace(batch: CommandBatch, message: Replace, account: int, session: int, request_id: int) -> None:
    """Append a REPLACE row. Fields that the message leaves out stay unchanged."""
    _append(batch, _row_of(_REPLACE, message), account, session, request_id)


def pack_cancel(batch: CommandBatch, message: Cancel, account: int, session: int, request_id: int) -> None:
    """Append a CANCEL row."""
    _append(batch, _row_of(_CANCEL, message), account, session, request_id)


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
    row = list(_QUOTE.template)
    _, row[_BID], row[_BID_LOTS], row[_ASK], row[_ASK_LOTS] = entry
    row[_INSTRUMENT], row[_PROTECTION], row[_FLAGS] = book, number, _MORE if more else 0
    _append(batch, row, account, session, request_id)


# Other rows.


def pack_cancel_all(
    batch: CommandBatch, message: CancelAll, book: int, group: int, account: int, session: int, request_id: int
) -> None:
    """Append a CANCEL_ALL row with the filters of ENTRY-012."""
    flags = (CommandFlag.BY_SIDE if message.side else 0) | (CommandFlag.BY_TAG if message.tag else 0)
    flags |= CommandFlag.BY_PROTECTION if message.protection_group else 0
    _pack(
        batch.buffer, batch.count * ROW_BYTES,
        0, 0, _CANCEL_ALL, SIDES.index(message.side) if message.side else 0, 0, 0, 0, 0, int(flags), 0,
        account, session, book, message.protection_group, request_id, 0, b"",
        0, 0, 0, 0, 0, group, 0, message.tag.encode(),
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
