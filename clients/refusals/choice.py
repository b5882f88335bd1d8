"""The right class of refusal for an `err`, or for each entry of a batch."""

from collections.abc import Iterable
from typing import Any

from clients.errors import Refused
from clients.orders import Order
from clients.refusals.kinds import (
    AccessRefused,
    BatchRefused,
    LotsRefused,
    MarginRefused,
    MarketClosed,
    OrderEnded,
    OrderIdTaken,
    OutcomeUnknown,
    PositionRefused,
    PriceRefused,
    ProtectionRefused,
    RateRefused,
    ReplayRefused,
    RequestFaulty,
    TradingStopped,
    UnknownInstrument,
    VenueBusy,
    WouldTrade,
)
from exchange.wire.errors import ErrorCode as _C
from exchange.wire.messages import BatchResult, Err, Request

KINDS: dict[int, type[Refused]] = {
    **dict.fromkeys((_C.BAD_MESSAGE, _C.UNKNOWN_TYPE, _C.ID_ORDER, _C.EXPIRED_REQUEST), RequestFaulty),
    **dict.fromkeys((_C.UNKNOWN_CHANNEL, _C.NOT_ALLOWED_TOGETHER), RequestFaulty),
    **dict.fromkeys((_C.QUOTE_CROSSED, _C.QUOTE_DUPLICATE), RequestFaulty),
    **dict.fromkeys((_C.UNKNOWN_INSTRUMENT, _C.STALE_REV), UnknownInstrument),
    **dict.fromkeys((_C.PRICE_BAND, _C.PRICE_INCREMENT), PriceRefused),
    _C.LOTS_RANGE: LotsRefused,
    _C.MARGIN: MarginRefused,
    **dict.fromkeys((_C.POSITION_LIMIT, _C.CLOSE_ONLY), PositionRefused),
    **dict.fromkeys((_C.MARKET_CLOSED, _C.HALTED, _C.PHASE), MarketClosed),
    **dict.fromkeys((_C.POST_ONLY_WOULD_TAKE, _C.NO_OPPOSITE_SIDE, _C.ALREADY_TRIGGERED), WouldTrade),
    _C.THROTTLED: RateRefused,
    **dict.fromkeys((_C.BUSY, _C.READ_ONLY, _C.TOO_MANY_OPEN), VenueBusy),
    **dict.fromkeys((_C.TOO_MANY_CHANNELS, _C.TOO_MANY_CONNECTIONS), VenueBusy),
    **dict.fromkeys((_C.UNKNOWN_ORDER, _C.ORDER_DONE), OrderEnded),
    _C.DUP_COID: OrderIdTaken,
    _C.BATCH_REFUSED: BatchRefused,
    **dict.fromkeys((_C.QUOTE_NEEDS_MMP, _C.MMP_TRIPPED, _C.QUOTE_NEEDS_COD), ProtectionRefused),
    _C.KILLED: TradingStopped,
    **dict.fromkeys((_C.BAD_AUTH, _C.SCOPE, _C.NOT_LOGGED_ON, _C.ADDRESS_NOT_ALLOWED), AccessRefused),
    **dict.fromkeys((_C.SESSION_TAKEN, _C.UNKNOWN_ACCOUNT), AccessRefused),
    **dict.fromkeys((_C.DUP_ID, _C.TIMEOUT, _C.INTERNAL), OutcomeUnknown),
    _C.REPLAY_RANGE: ReplayRefused,
}
# Fields of a result that an `err` has too: they are the refusal of that operation (ENTRY-013).
_SHARED = tuple(name for name in BatchResult.__struct_fields__ if name in Err.__struct_fields__)


def refusal(error: Err, order: Order | None = None, request: Request | None = None, is_local: bool = False) -> Refused:
    """The refusal of an `err`. A code that this client does not know gives a plain `Refused`."""
    return KINDS.get(error.code, Refused)(error, order, request, is_local)


def error_of(result: BatchResult) -> Err:
    """The result of a refused operation as an `err`."""
    values: dict[str, Any] = {name: getattr(result, name) for name in _SHARED}
    return Err(reply_to=0, **values | {"code": result.code or 0})


def refusals_of(results: Iterable[BatchResult], requests: Iterable[Request] = ()) -> list[Refused | None]:
    """For each result of a batch its refusal, None if it was not refused. `requests`: the operations, in order."""
    asked = [*requests]
    found: list[Refused | None] = []
    for place, result in enumerate(results):
        request = asked[place] if place < len(asked) else None
        found.append(refusal(error_of(result), None, request) if result.code else None)
    return found
