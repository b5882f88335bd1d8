"""Error codes, the error code of each reject reason of the engine, and close codes.

Codes and names are stable; the text of an error is for people. Error codes are never 4xxx. Close codes are always 4xxx,
except those of RFC 6455.
"""

from enum import IntEnum
from typing import Literal

from exchange.codes import MarketState, RejectReason
from exchange.units import ORDER_LOTS_MAX
from exchange.wire.responses import Err

Applied = Literal["no", "yes", "unknown"]


class ErrorCode(IntEnum):
    """`code` and `name` of an `err` (WIRE-020)."""

    BAD_MESSAGE = 1001
    UNKNOWN_TYPE = 1002
    ID_ORDER = 1003
    DUP_ID = 1004
    EXPIRED_REQUEST = 1005
    REPLAY_RANGE = 1010
    UNKNOWN_CHANNEL = 1011
    BAD_AUTH = 2001
    SCOPE = 2003
    NOT_LOGGED_ON = 2004
    ADDRESS_NOT_ALLOWED = 2005
    SESSION_TAKEN = 2006
    THROTTLED = 3001
    TOO_MANY_OPEN = 3002
    TOO_MANY_CHANNELS = 3003
    TOO_MANY_CONNECTIONS = 3004
    UNKNOWN_INSTRUMENT = 5001
    STALE_REV = 5002
    PRICE_BAND = 5003
    PRICE_INCREMENT = 5004
    LOTS_RANGE = 5005
    UNKNOWN_ACCOUNT = 5006
    DUP_COID = 5007
    NOT_ALLOWED_TOGETHER = 5008
    NO_OPPOSITE_SIDE = 5101
    ALREADY_TRIGGERED = 5102
    POST_ONLY_WOULD_TAKE = 5104
    UNKNOWN_ORDER = 5201
    ORDER_DONE = 5202
    BATCH_REFUSED = 5203
    QUOTE_NEEDS_MMP = 5301
    MMP_TRIPPED = 5302
    QUOTE_NEEDS_COD = 5303
    QUOTE_CROSSED = 5304
    QUOTE_DUPLICATE = 5305
    MARGIN = 6001
    POSITION_LIMIT = 6002
    KILLED = 6004
    MARKET_CLOSED = 7001
    HALTED = 7002
    PHASE = 7003
    CLOSE_ONLY = 7005
    BUSY = 9001
    TIMEOUT = 9002
    INTERNAL = 9003
    READ_ONLY = 9004


_UNKNOWN_OUTCOME = {ErrorCode.DUP_ID, ErrorCode.TIMEOUT, ErrorCode.INTERNAL}


def applied(code: ErrorCode) -> Applied:
    """Whether a request that is answered with error `code` has taken effect nevertheless."""
    return "unknown" if code in _UNKNOWN_OUTCOME else "no"


class CloseCode(IntEnum):
    """Why the server closes a connection."""

    NORMAL = 1000
    SHUTDOWN = 1001
    BROKEN_FRAME = 1002
    WRONG_FRAME_KIND = 1003
    BAD_TEXT = 1007
    TOO_BIG = 1009
    NO_LOGON = 4001
    LOGON_FAILED = 4002
    DEAD = 4003
    SESSION_TAKEN = 4004
    FLOODING = 4008
    SLOW_CONSUMER = 4009
    TOO_OLD = 4010
    KEY_REVOKED = 4011


# Every reject reason but NONE, and STATE, whose code depends on the state of the market.
_REASON_CODES = {
    RejectReason.UNKNOWN_ACCOUNT: ErrorCode.UNKNOWN_ACCOUNT,
    RejectReason.BAD_QTY: ErrorCode.LOTS_RANGE,
    RejectReason.BAD_COMBO: ErrorCode.NOT_ALLOWED_TOGETHER,
    RejectReason.DUP_INST: ErrorCode.QUOTE_DUPLICATE,
    RejectReason.CROSSED_QUOTE: ErrorCode.QUOTE_CROSSED,
    RejectReason.UNKNOWN: ErrorCode.UNKNOWN_ORDER,
    RejectReason.KILLED: ErrorCode.KILLED,
    RejectReason.UNKNOWN_INST: ErrorCode.UNKNOWN_INSTRUMENT,
    RejectReason.IOC_ONLY: ErrorCode.NOT_ALLOWED_TOGETHER,
    RejectReason.OFF_TICK: ErrorCode.PRICE_INCREMENT,
    RejectReason.BAD_LOT: ErrorCode.LOTS_RANGE,
    RejectReason.SHOW: ErrorCode.NOT_ALLOWED_TOGETHER,
    RejectReason.DUP_ID: ErrorCode.DUP_COID,
    RejectReason.MMP: ErrorCode.MMP_TRIPPED,
    RejectReason.NO_OPP: ErrorCode.NO_OPPOSITE_SIDE,
    RejectReason.BAND: ErrorCode.PRICE_BAND,
    RejectReason.CLOSE_ONLY: ErrorCode.CLOSE_ONLY,
    RejectReason.POSITION: ErrorCode.POSITION_LIMIT,
    RejectReason.INSUFFICIENT_MARGIN: ErrorCode.MARGIN,
    RejectReason.FULL: ErrorCode.TOO_MANY_OPEN,
    RejectReason.PO_CROSS: ErrorCode.POST_ONLY_WOULD_TAKE,
    RejectReason.ELECTED: ErrorCode.ALREADY_TRIGGERED,
}

_STATE_CODES = {
    MarketState.CLOSED: ErrorCode.MARKET_CLOSED,
    MarketState.HALT: ErrorCode.HALTED,
}

_TEXTS = {
    RejectReason.UNKNOWN_ACCOUNT: "the account is not defined at this venue",
    RejectReason.BAD_QTY: f"a quantity is out of range: lots of an order or a quote are at most {ORDER_LOTS_MAX}",
    RejectReason.BAD_COMBO: "typ, tif, po, disp or minq do not go together",
    RejectReason.DUP_INST: "an earlier entry of this quote has the same instrument (key qs)",
    RejectReason.CROSSED_QUOTE: "the bid of a quote has to be below its ask (key qs)",
    RejectReason.UNKNOWN: "no such working order",
    RejectReason.KILLED: "the account is stopped by its firm or the venue",
    RejectReason.STATE: "the market's phase does not take this request",
    RejectReason.UNKNOWN_INST: "no such instrument",
    RejectReason.IOC_ONLY: "this instrument takes immediate orders only",
    RejectReason.OFF_TICK: "price is off the instrument's increment",
    RejectReason.BAD_LOT: "lots are off the instrument's increment, or above its largest order or the account's",
    RejectReason.SHOW: "disp is too small a part of q: the product has a largest ratio of the two",
    RejectReason.DUP_ID: "an order with this coid is live",
    RejectReason.MMP: "the protection group has tripped and takes no quote before mmp_reset",
    RejectReason.NO_OPP: "no price on the opposite side: a market order has nothing to trade with",
    RejectReason.BAND: "price is outside the band or the day's limits",
    RejectReason.CLOSE_ONLY: "the account may only make positions smaller",
    RejectReason.POSITION: "the position limit would be passed",
    RejectReason.INSUFFICIENT_MARGIN: "free funds do not cover the margin held",
    RejectReason.FULL: "no space for another order",
    RejectReason.PO_CROSS: "a post-only order would take",
    RejectReason.ELECTED: "the stop's trigger is true already, or was",
}


def reason_code(reason: int, market_state: int = MarketState.NONE) -> ErrorCode:
    """The error code of a reject reason. `market_state`: the present one, on which the code of STATE depends."""
    if reason == RejectReason.STATE:
        return _STATE_CODES.get(MarketState(market_state), ErrorCode.PHASE)
    return _REASON_CODES[RejectReason(reason)]


def reason_text(reason: int) -> str:
    """A sentence about a reject reason, for people."""
    return _TEXTS[RejectReason(reason)]


def error(reply_to: int, code: ErrorCode, message: str) -> Err:
    """Build an `err` with the name and the `applied` of its code. The caller may set optional fields.

    reply_to   id of the request
    message    text for people
    """
    return Err(reply_to, int(code), code.name, message, applied(code))
