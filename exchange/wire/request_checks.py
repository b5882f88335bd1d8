"""Faults of an order request by itself, with the name of the field (ORDER-004, before rank 1; WIRE-020).

The gateway refuses a request for these before it reaches the engine, and a client finds them before it sends one: the
texts are the same because the code is. The engine checks everything that depends on state.
"""

from collections.abc import Iterable
from typing import Protocol

from msgspec import UNSET, UnsetType

from exchange.units import ORDER_LOTS_MAX
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Cancel, Err, New, Replace

LIMIT_TYPES = ("limit", "stop_limit")
STOP_TYPES = ("stop", "stop_limit")
EXPIRED = "exp is before the venue's time (ts): send a later exp"


class ListedTerms(Protocol):
    """What these checks need of a listed instrument: its lowest price and its revision."""

    @property
    def low_tick(self) -> int: ...

    @property
    def revision(self) -> int: ...


def scope_fault(account: int, may: bool, scopes: Iterable[str]) -> tuple[ErrorCode, str]:
    """Code and text of the refusal of a request that the key does not allow.

    account   of the request, which is none of the key's; 0: it names none, and the key has several
    may       whether the key's scopes allow the request
    scopes    of the key
    """
    if not may:
        text = f"the key has scope {', '.join(sorted(scopes))}: orders need trade, cancels trade or cancel"
        return ErrorCode.SCOPE, text
    if account == 0:
        return ErrorCode.UNKNOWN_ACCOUNT, "acc is needed: the key has several accounts"
    return ErrorCode.SCOPE, f"acc {account} is not of this key"


def check_new(message: New, listed: ListedTerms | None) -> Err | None:
    """Why a `new` is refused before it reaches the engine, None if it is not."""
    refusal = _check_terms(message)
    if refusal is not None:
        return refusal
    if listed is None:
        text = f"no instrument {message.instrument} is listed (field i): channel instruments lists them"
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


def _check_lots(message: New | Replace, **given: int | UnsetType) -> Err | None:
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
