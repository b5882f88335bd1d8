"""Which of ccxt's errors stands for an error of the venue or of the client, by the name of its class."""

from clients.adapters.unified.order_terms import Unsupported
from clients.errors import ChannelRefused, ConnectFailed, NotLive, Refused, SessionOver, Throttled, UnknownSymbol
from clients.local_book import StaleBook
from exchange.wire.errors import ErrorCode

_C = ErrorCode
OF_CODE: dict[ErrorCode, str] = {
    _C.BAD_MESSAGE: "BadRequest",
    _C.UNKNOWN_TYPE: "NotSupported",
    _C.ID_ORDER: "BadRequest",
    _C.DUP_ID: "BadRequest",
    _C.EXPIRED_REQUEST: "BadRequest",
    _C.REPLAY_RANGE: "BadRequest",
    _C.UNKNOWN_CHANNEL: "NotSupported",
    _C.BAD_AUTH: "AuthenticationError",
    _C.SCOPE: "PermissionDenied",
    _C.NOT_LOGGED_ON: "AuthenticationError",
    _C.ADDRESS_NOT_ALLOWED: "PermissionDenied",
    _C.SESSION_TAKEN: "AuthenticationError",
    _C.THROTTLED: "RateLimitExceeded",
    _C.TOO_MANY_OPEN: "OperationRejected",
    _C.TOO_MANY_CHANNELS: "BadRequest",
    _C.TOO_MANY_CONNECTIONS: "RateLimitExceeded",
    _C.UNKNOWN_INSTRUMENT: "BadSymbol",
    _C.STALE_REV: "BadSymbol",
    _C.PRICE_BAND: "InvalidOrder",
    _C.PRICE_INCREMENT: "InvalidOrder",
    _C.LOTS_RANGE: "InvalidOrder",
    _C.UNKNOWN_ACCOUNT: "PermissionDenied",
    _C.DUP_COID: "DuplicateOrderId",
    _C.NOT_ALLOWED_TOGETHER: "InvalidOrder",
    _C.NO_OPPOSITE_SIDE: "OrderNotFillable",
    _C.ALREADY_TRIGGERED: "InvalidOrder",
    _C.POST_ONLY_WOULD_TAKE: "OrderImmediatelyFillable",
    _C.UNKNOWN_ORDER: "OrderNotFound",
    _C.ORDER_DONE: "OrderNotFound",
    _C.BATCH_REFUSED: "InvalidOrder",
    _C.QUOTE_NEEDS_MMP: "InvalidOrder",
    _C.MMP_TRIPPED: "InvalidOrder",
    _C.QUOTE_NEEDS_COD: "InvalidOrder",
    _C.QUOTE_CROSSED: "InvalidOrder",
    _C.QUOTE_DUPLICATE: "InvalidOrder",
    _C.MARGIN: "InsufficientFunds",
    _C.POSITION_LIMIT: "InvalidOrder",
    _C.KILLED: "AccountSuspended",
    _C.MARKET_CLOSED: "MarketClosed",
    _C.HALTED: "MarketClosed",
    _C.PHASE: "MarketClosed",
    _C.CLOSE_ONLY: "InvalidOrder",
    _C.BUSY: "ExchangeNotAvailable",
    _C.TIMEOUT: "RequestTimeout",
    _C.INTERNAL: "ExchangeError",
    _C.READ_ONLY: "OnMaintenance",
}
# Errors of the client. The first that fits counts, so a class stands above the one that it derives from.
OF_FAILURE: dict[type[Exception], str] = {
    Throttled: "RateLimitExceeded",
    UnknownSymbol: "BadSymbol",
    Unsupported: "NotSupported",
    NotLive: "NetworkError",
    SessionOver: "ExchangeNotAvailable",
    StaleBook: "NetworkError",
    ValueError: "InvalidOrder",
}
TRANSLATED: tuple[type[Exception], ...] = (Refused, ChannelRefused, ConnectFailed, *OF_FAILURE)


def error_name(failure: Exception) -> str:
    """The name of the class in `ccxt.base.errors` that stands for one of `TRANSLATED`."""
    if isinstance(failure, Refused):
        return OF_CODE[ErrorCode(failure.error.code)]
    if isinstance(failure, ChannelRefused):
        return OF_CODE[ErrorCode(failure.code)]
    if isinstance(failure, ConnectFailed):
        return OF_CODE[ErrorCode(failure.error.code)] if failure.error is not None else "ExchangeNotAvailable"
    return next(name for kind, name in OF_FAILURE.items() if isinstance(failure, kind))
