"""COMMAND and EVENT rows as plain values: the fields that their kind has, codes and prices as text."""

from enum import IntEnum
from typing import Any

import numpy as np

from exchange.clearing_codes import Life
from exchange.codes import (
    CancelReason,
    CommandKind,
    EventKind,
    Liquidity,
    MarketState,
    OrderState,
    OrderType,
    PostOnly,
    RejectReason,
    Scope,
    Side,
    SmpMode,
    StateReason,
    TimeInForce,
)
from exchange.records import COMMAND_KINDS, EVENT_KINDS, QUOTE_KEY, column
from exchange.units import price_text

CODES: dict[str, type[IntEnum]] = {
    "side": Side, "order_type": OrderType, "tif": TimeInForce, "post_only": PostOnly, "smp_mode": SmpMode,
    "state": OrderState, "reason": RejectReason, "cancel_reason": CancelReason, "liquidity": Liquidity,
    "market_state": MarketState, "book_state": MarketState, "state_reason": StateReason, "scope": Scope, "life": Life,
}  # fmt: skip
ALWAYS = ("side", "tif", "order_type", "price", "trade_tick", "bid_tick", "ask_tick")  # shown if 0 too
WORDS = ("client_order_id_0", "client_order_id_1", "client_order_id_2")
PRICES = (
    "price", "trigger", "trade_tick", "level_tick", "old_tick", "bid_tick", "ask_tick", "lowest_tick", "mark_tick",
    "highest_tick", "uncross_tick", "settlement_tick",
)  # fmt: skip


def command_words(row: np.ndarray, symbols: dict[int, str]) -> dict[str, Any]:
    """A COMMAND row, shape (1,). `symbols`: of instruments, by index."""
    kind = int(row["kind"][0])
    fields = next((names for known, names in COMMAND_KINDS.items() if known == kind), "account instrument")
    return {**_head(row, code_name(CommandKind, kind)), **_fields(row, fields.split(), symbols)}


def event_words(row: np.ndarray, symbols: dict[int, str]) -> dict[str, Any]:
    """An EVENT row, shape (1,)."""
    kind = EventKind(int(row["kind"][0]))
    return {**_head(row, kind.name), **_fields(row, EVENT_KINDS[kind].split(), symbols)}


def client_order_id_of(row: np.ndarray) -> str:
    """The client order id of a COMMAND or EVENT row, shape (1,); empty: it has none."""
    words = [int(row[word][0]) for word in WORDS]
    return _text(words) if 0 < words[0] < QUOTE_KEY else ""


def _text(words: list[int]) -> str:
    """A text of 8 bytes a word, little-endian. A tape may have bytes that a venue refuses, so those are shown too."""
    data = b"".join(word.to_bytes(8, "little") for word in words)
    return data.rstrip(b"\0").decode("ascii", "backslashreplace")


def code_name(codes: type[IntEnum], value: int) -> str:
    """Name of a code; a value that is none stays a number."""
    return next((code.name for code in codes if code == value), str(value))


def _head(row: np.ndarray, kind: str) -> dict[str, Any]:
    return {"sequence": int(row["sequence"][0]), "time_ns": int(row["time_ns"][0]), "kind": kind}


def _fields(row: np.ndarray, names: list[str], symbols: dict[int, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        value = int(column(row, name)[0])
        if name in WORDS:
            if name == WORDS[0] and value:
                found["client_order_id"] = client_order_id_of(row)
        elif value or name in ALWAYS:
            found[name] = _value(name, value, symbols)
    return found


def _value(name: str, value: int, symbols: dict[int, str]) -> Any:
    if name == "instrument":
        return symbols.get(value, value)
    if name in PRICES:
        return price_text(value)
    if name == "tag":
        return _text([value])
    codes = CODES.get(name)
    return value if codes is None else code_name(codes, value)
