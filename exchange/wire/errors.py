"""Error codes, the error code of each reject reason of the engine, and close codes.

Codes and names are stable; the text of an error is for people. Error codes are never 4xxx. Close codes are always 4xxx,
except those of RFC 6455.
"""

from enum import IntEnum, StrEnum
from typing import Literal, NamedTuple

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


class Retry(StrEnum):
    """Whether to send a refused request again: always under a new `id`."""

    NO = "no"
    AFTER_FIX = "after a fix"
    LATER = "later"
    ASK_FIRST = "ask first"  # `query` says whether it has taken effect


_UNKNOWN_OUTCOME = {ErrorCode.DUP_ID, ErrorCode.TIMEOUT, ErrorCode.INTERNAL}


def applied(code: ErrorCode) -> Applied:
    """Whether a request that is answered with error `code` has taken effect nevertheless."""
    return "unknown" if code in _UNKNOWN_OUTCOME else "no"


class ErrorMeaning(NamedTuple):
    """What an error says, and whether to send the request again."""

    text: str
    retry: Retry


_FIX, _LATER, _ASK, _NO = Retry.AFTER_FIX, Retry.LATER, Retry.ASK_FIRST, Retry.NO
_E, _C = ErrorMeaning, ErrorCode

ERROR_MEANINGS = {
    _C.BAD_MESSAGE: _E("not a message of this protocol; `msg` begins with the fault and names the key", _FIX),
    _C.UNKNOWN_TYPE: _E("no request has this `t`", _FIX),
    _C.ID_ORDER: _E("`id` is not above the last one of the session", _FIX),
    _C.DUP_ID: _E("processed before, and its reply is no longer kept", _ASK),
    _C.EXPIRED_REQUEST: _E("the venue's time `ts` is later than `exp`", _FIX),
    _C.REPLAY_RANGE: _E("the range begins before `oldest`, is inverted, or is too long", _FIX),
    _C.UNKNOWN_CHANNEL: _E("no such channel, or not subscribed", _FIX),
    _C.BAD_AUTH: _E("unknown key, wrong signature, or old nonce; the connection closes", _FIX),
    _C.SCOPE: _E("the key may not do this: use one with the scope that `msg` names", _NO),
    _C.NOT_LOGGED_ON: _E("the request needs a logon, and `live` after it", _FIX),
    _C.ADDRESS_NOT_ALLOWED: _E("the key may not be used from this address", _NO),
    _C.SESSION_TAKEN: _E("the session has a connection; say `take` to end that one", _FIX),
    _C.THROTTLED: _E("too few tokens in the bucket; `retry_us` says when there are enough", _LATER),
    _C.TOO_MANY_OPEN: _E("no space for another order", _LATER),
    _C.TOO_MANY_CHANNELS: _E("the connection has `max_channels` channels", _NO),
    _C.TOO_MANY_CONNECTIONS: _E("the key has too many connections", _LATER),
    _C.UNKNOWN_INSTRUMENT: _E("no such instrument: load `instruments` again", _FIX),
    _C.STALE_REV: _E("the instrument has another revision: load `instruments` again", _FIX),
    _C.PRICE_BAND: _E("the price is not in `lo` to `hi`", _FIX),
    _C.PRICE_INCREMENT: _E("the price is no multiple of the instrument's increment", _FIX),
    _C.LOTS_RANGE: _E("lots are out of range", _FIX),
    _C.UNKNOWN_ACCOUNT: _E("no such account, or not of this key", _FIX),
    _C.DUP_COID: _E("another order with this `coid` is live; `order` shows it: use another `coid`", _FIX),
    _C.NOT_ALLOWED_TOGETHER: _E("keys that do not go together; `msg` names them", _FIX),
    _C.NO_OPPOSITE_SIDE: _E("a market order has nothing to trade with", _LATER),
    _C.ALREADY_TRIGGERED: _E("the stop's trigger is true already, or was", _FIX),
    _C.POST_ONLY_WOULD_TAKE: _E("the post-only order would trade at once", _FIX),
    _C.UNKNOWN_ORDER: _E("no such live order: `query` by `coid` or `oid` says what is known of it", _NO),
    _C.ORDER_DONE: _E("the order is done; `st` and `cum` say how", _NO),
    _C.BATCH_REFUSED: _E("the operation at `index` of the atomic batch was refused, so none ran", _FIX),
    _C.QUOTE_NEEDS_MMP: _E("quotes need a protection group: send `mmp_set`", _FIX),
    _C.MMP_TRIPPED: _E("the protection group has tripped: send `mmp_reset`", _FIX),
    _C.QUOTE_NEEDS_COD: _E("quotes need cancel on disconnect: send `cod`", _FIX),
    _C.QUOTE_CROSSED: _E("the row's bid is not below its ask", _FIX),
    _C.QUOTE_DUPLICATE: _E("an earlier row has the same instrument", _FIX),
    _C.MARGIN: _E("the order needs `need`, and the account has `free`: send less, cancel orders, or pay in", _FIX),
    _C.POSITION_LIMIT: _E("the position limit would be exceeded", _FIX),
    _C.KILLED: _E("trading is stopped; cancels are allowed", _NO),
    _C.MARKET_CLOSED: _E("the market is closed; channel `status` says when it opens", _LATER),
    _C.HALTED: _E(
        "the market is halted, or the venue takes only what ends orders; channel `status` says when it opens", _LATER
    ),
    _C.PHASE: _E("the market's phase does not take this request; channel `status` says until when", _LATER),
    _C.CLOSE_ONLY: _E("the account may only make positions smaller", _FIX),
    _C.BUSY: _E("the venue has too much to do", _LATER),
    _C.TIMEOUT: _E("the outcome is not known; this version does not send it", _ASK),
    _C.INTERNAL: _E("a fault of the venue; this version does not send it", _ASK),
    _C.READ_ONLY: _E("the venue takes no changes now; this version does not send it", _LATER),
}


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


# What each close code means; whether to connect again, and when.
CLOSE_MEANINGS = {
    CloseCode.NORMAL: "after `logout`",
    CloseCode.SHUTDOWN: "the venue stops: connect again after a random time in `reconnect_ms`",
    CloseCode.BROKEN_FRAME: "not a websocket frame: fix the client",
    CloseCode.WRONG_FRAME_KIND: "text for MessagePack, or binary for JSON: fix the client",
    CloseCode.BAD_TEXT: "text that is not UTF-8: fix the client",
    CloseCode.TOO_BIG: "a frame above `max_frame`, too many messages or fragments in one: fix the client",
    CloseCode.NO_LOGON: "no logon in time",
    CloseCode.LOGON_FAILED: "the logon was refused; an `err` came before: fix it, then connect again",
    CloseCode.DEAD: "the client was silent for `dead_ms`: connect again and resume",
    CloseCode.SESSION_TAKEN: "another connection took the session: do not connect again by yourself",
    CloseCode.FLOODING: "ten times a rate for 5 s, or too many logons or connections: wait a minute",
    CloseCode.SLOW_CONSUMER: "the client reads too slowly: connect again, resume, subscribe to less",
    CloseCode.TOO_OLD: "the logon is 24 h old; `shutdown` came 60 s before: connect again and resume",
    CloseCode.KEY_REVOKED: "the key is revoked or has expired",
}

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
    RejectReason.STATE: "the market's phase does not accept this request",
    RejectReason.UNKNOWN_INST: "no such instrument",
    RejectReason.IOC_ONLY: "this instrument accepts immediate orders only",
    RejectReason.OFF_TICK: "price is off the instrument's increment",
    RejectReason.BAD_LOT: "lots are off the instrument's increment, or above its largest order or the account's",
    RejectReason.SHOW: "disp is too small a part of q: the product has a largest ratio of the two",
    RejectReason.DUP_ID: "an order with this coid is live",
    RejectReason.MMP: "the protection group has tripped and accepts no quote before mmp_reset",
    RejectReason.NO_OPP: "no price on the opposite side: a market order has nothing to trade with",
    RejectReason.BAND: "price is outside the band or the day's limits",
    RejectReason.CLOSE_ONLY: "the account may only make positions smaller",
    RejectReason.POSITION: "the position limit would be exceeded",
    RejectReason.INSUFFICIENT_MARGIN: "free funds do not cover the margin held",
    RejectReason.FULL: "the venue has no space for another order",
    RejectReason.PO_CROSS: "a post-only order would trade at once",
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
