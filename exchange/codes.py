"""Every integer code of the exchange: what commands, events and records store instead of words.

Kernels, journal, tapes and the binary protocol share these numbers; one is never reused. Words: `exchange.wire.words`.
"""

from enum import IntEnum, IntFlag


class Side(IntEnum):
    """Index of every two-sided table."""

    BUY = 0
    SELL = 1

    @property
    def sign(self) -> int:
        """+1 of a buy, -1 of a sell."""
        return 1 - 2 * self


class OrderType(IntEnum):
    LIMIT = 0
    MARKET = 1
    MARKET_TO_LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4
    QUOTE = 5  # one side of a mass quote; no NEW has it


class TimeInForce(IntEnum):
    DAY = 0
    GTC = 1
    GTD = 2
    IOC = 3
    FOK = 4


class PostOnly(IntEnum):
    NONE = 0
    REJECT = 1
    SLIDE = 2


class SmpMode(IntEnum):
    """Self-match prevention; the aggressor's instruction rules (SMP-001)."""

    CANCEL_RESTING = 0
    CANCEL_AGGRESSOR = 1
    CANCEL_BOTH = 2
    DECREMENT = 3


class CommandKind(IntEnum):
    """What a COMMAND row asks for. Rows run in the compiled loop; kinds from 64 on are controls with a payload."""

    NEW = 1
    REPLACE = 2
    CANCEL = 3
    CANCEL_ALL = 4
    QUOTE = 5
    DEPOSIT = 16
    WITHDRAW = 17
    SET_STATE = 18
    CLOCK = 19
    KILL = 20
    UNKILL = 21
    DISCONNECT = 22
    SESSION = 23
    MMP_SET = 24
    MMP_RESET = 25
    INDICATIVE = 26
    TIMER = 27
    LIST = 64
    DEFINE_ACCOUNT = 65
    MARK = 66
    SETTLE = 67
    CASCADE = 68
    CERTIFY = 69
    DELIVER = 70
    EXPIRE = 71
    DEFINE_KEY = 72
    ACT = 73
    LEAD_MAKERS = 80
    DAY_LIMITS = 81


class CommandFlag(IntFlag):
    """Bits of COMMAND.flags, each for the kinds of command that its comment begins with."""

    NO_COD = 1  # NEW: spared by cancel on disconnect (SESS-020)
    REJECT_IF_ELECTED = 2  # NEW: STOP-002
    TIGHTEN = 4  # NEW of a market order: its price tightens the protection
    KEEP_PRICE = 1  # REPLACE: the price field is not given
    KEEP_LOTS = 2  # REPLACE: the lots field is not given
    SET_TIF = 4  # REPLACE: the tif field is given
    SET_TAG = 8  # REPLACE: the tag field is given
    SET_DISPLAY = 16  # REPLACE: the display field is given
    BATCHED = 128  # NEW, REPLACE, CANCEL: an operation of a batch; the engine does not look at it
    SET_TRIGGER = 32  # REPLACE: the trigger field is given
    FORCE = 1  # SET_STATE: whatever the state before (the scenario command ST)
    CLAMP = 2  # SET_STATE to OPEN: the operator lets the uncross happen at the edge of the collar (AUC-014)
    BY_SIDE = 1  # CANCEL_ALL: only orders of this side
    BY_TAG = 2  # CANCEL_ALL: only orders of this tag
    BY_PROTECTION = 4  # CANCEL_ALL: only quotes of this protection group
    MORE = 1  # QUOTE: the next row is an entry of the same mass quote
    DAY_ONLY = 1  # DISCONNECT: only DAY orders, GTC and GTD are spared (COD-002)
    WHOLE_ACCOUNT = 2  # DISCONNECT: of the account, whatever session entered them


class EventKind(IntEnum):
    """What an EVENT row reports."""

    ORDER_ACCEPTED = 1  # new order accepted
    ORDER_REJECTED = 2  # new order rejected
    ORDER_RESTED = 3  # the order now rests
    FILL = 4  # one order's part of a trade; rows come in pairs: resting then aggressor, in an uncross buyer then seller
    ICEBERG_REFRESHED = 5  # an iceberg shows a new slice
    ORDER_REPLACED = 6  # replace accepted; flag KEPT or LOST; with neither it amounts to a cancel
    REPLACE_REJECTED = 7
    CANCEL_REJECTED = 8
    ORDER_CANCELLED = 9
    SELF_MATCH_DECREMENTED = 10  # rows come in pairs: resting then aggressor
    STOP_TRIGGERED = 11
    UNCROSSED = 12
    INDICATIVE_PRICE = 13
    STATE_CHANGED = 14
    KILLED = 15
    DISCONNECTED = 16
    PROTECTION_TRIPPED = 17
    PROTECTION_RESET = 18
    MASS_CANCELLED = 19  # a mass cancel is complete
    POSITION_CHANGED = 20  # an account's position and margin after the fills of one command
    CASH_MOVED = 21  # money moved: deposit, withdrawal
    INSTRUMENT_LISTED = 22
    ACCOUNT_DEFINED = 23  # account defined or changed
    SESSION_OPENED = 24
    COMMAND_REFUSED = 25  # a venue's command (state change, cash, kill, timer) refused
    KILL_LIFTED = 26  # a kill is lifted
    TIMER_SET = 27  # a dead-man timer is armed or disarmed
    QUOTE_ACCEPTED = 28  # what became of both sides of an accepted entry of a mass quote
    PROTECTION_DEFINED = 29  # a protection group is defined or changed
    IMPLIED_PRICE = 30  # implied price of a side as it is shown now; without lots there is none any more

    @property
    def abbreviation(self) -> str:
        """What scenarios and logs call it."""
        return EVENT_ABBREVIATIONS[self]


EVENT_ABBREVIATIONS = {
    EventKind.ORDER_ACCEPTED: "ACK", EventKind.ORDER_REJECTED: "REJ", EventKind.ORDER_RESTED: "RST",
    EventKind.FILL: "FILL", EventKind.ICEBERG_REFRESHED: "RFR", EventKind.ORDER_REPLACED: "RPL",
    EventKind.REPLACE_REJECTED: "RREJ", EventKind.CANCEL_REJECTED: "CREJ", EventKind.ORDER_CANCELLED: "CXL",
    EventKind.SELF_MATCH_DECREMENTED: "DEC", EventKind.STOP_TRIGGERED: "TRG", EventKind.UNCROSSED: "UNX",
    EventKind.INDICATIVE_PRICE: "IOP", EventKind.STATE_CHANGED: "STA", EventKind.KILLED: "KIL",
    EventKind.DISCONNECTED: "DSC", EventKind.PROTECTION_TRIPPED: "MMP", EventKind.PROTECTION_RESET: "MMPR",
    EventKind.MASS_CANCELLED: "MASS", EventKind.POSITION_CHANGED: "POS", EventKind.CASH_MOVED: "CASH",
    EventKind.INSTRUMENT_LISTED: "LISTED", EventKind.ACCOUNT_DEFINED: "ACCOUNT", EventKind.SESSION_OPENED: "SESSION",
    EventKind.COMMAND_REFUSED: "REFUSED", EventKind.KILL_LIFTED: "LIFTED", EventKind.TIMER_SET: "TIMER",
    EventKind.QUOTE_ACCEPTED: "QUOTED", EventKind.PROTECTION_DEFINED: "PROTECTED", EventKind.IMPLIED_PRICE: "IMP",
}  # fmt: skip


class EventFlag(IntFlag):
    """Bits of EVENT.flags, each for the kinds of event that its comment begins with."""

    KEPT = 1  # ORDER_REPLACED: priority kept
    LOST = 2  # ORDER_REPLACED: priority lost
    MARGIN = 4  # POSITION_CHANGED, CASH_MOVED: a margin message follows with the next account sequence
    EMPTY = 8  # INDICATIVE_PRICE: there is none
    NEVER_RESTED = 16  # ORDER_CANCELLED, SELF_MATCH_DECREMENTED: of an order that was in no level
    QUEUED = 32  # DISCONNECTED: some of the cancels wait for a state that allows them (COD-004)
    IMPLIED = 64  # FILL: of an implied group, a row an order; the combination's order is the group's last row
    RESTS = 128  # ORDER_ACCEPTED: this row reports ORDER_RESTED as well; `records.split_rests` makes two of it
    SAME = 1  # ORDER_REJECTED for DUP_ID: the live order has the same content, and the row repeats it (ENTRY-003)


class Liquidity(IntEnum):
    MAKER = 1
    TAKER = 2
    AUCTION = 3


class OrderState(IntEnum):
    NONE = 0
    PENDING = 1
    OPEN = 2
    FILLED = 3
    CANCELLED = 4
    REJECTED = 5
    EXPIRED = 6


class CancelReason(IntEnum):
    """Why an order was cancelled."""

    NONE = 0
    USER = 1
    IOC = 2
    FOK = 3
    MINQTY = 4
    SMP = 5
    VELOCITY = 6
    IFM = 7
    EXPIRED = 8
    KILL = 9
    COD = 10
    TIMER = 11
    MMP = 12
    CASCADED = 13
    ADMIN = 14
    DEFAULT = 15


class RejectReason(IntEnum):
    """Why a command is refused. The numbers are stored; of several reasons REJECT_PRECEDENCE picks one."""

    NONE = 0
    UNKNOWN_ACCOUNT = 1
    BAD_QTY = 2
    BAD_COMBO = 3
    DUP_INST = 4
    CROSSED_QUOTE = 5
    UNKNOWN = 6
    KILLED = 7
    STATE = 8
    UNKNOWN_INST = 9
    IOC_ONLY = 10
    OFF_TICK = 11
    BAD_LOT = 12
    SHOW = 13
    DUP_ID = 14
    MMP = 15
    NO_OPP = 16
    BAND = 17
    CLOSE_ONLY = 18
    POSITION = 19
    INSUFFICIENT_MARGIN = 20
    FULL = 21
    PO_CROSS = 22
    ELECTED = 23

    @property
    def abbreviation(self) -> str:
        """What rules, scenarios and logs call it."""
        return "RISK" if self is RejectReason.INSUFFICIENT_MARGIN else self.name


# Of several reasons the first one here is the answer (ORDER-004). A new reason takes the next number and a place here.
REJECT_PRECEDENCE = (
    RejectReason.UNKNOWN_ACCOUNT, RejectReason.BAD_QTY, RejectReason.BAD_COMBO, RejectReason.DUP_INST,
    RejectReason.CROSSED_QUOTE, RejectReason.UNKNOWN, RejectReason.KILLED, RejectReason.UNKNOWN_INST,
    RejectReason.STATE, RejectReason.IOC_ONLY, RejectReason.OFF_TICK, RejectReason.BAD_LOT, RejectReason.SHOW,
    RejectReason.DUP_ID, RejectReason.MMP, RejectReason.NO_OPP, RejectReason.BAND, RejectReason.CLOSE_ONLY,
    RejectReason.POSITION, RejectReason.INSUFFICIENT_MARGIN, RejectReason.FULL, RejectReason.PO_CROSS,
    RejectReason.ELECTED,
)  # fmt: skip


class MarketState(IntEnum):
    """STATE-001. NONE on a book: it follows its group."""

    NONE = 0
    CLOSED = 1
    PREOPEN = 2
    NOCANCEL = 3
    OPEN = 4
    RESERVED = 5
    PAUSED = 6
    HALT = 7


class StateReason(IntEnum):
    """Why a market is in its state, beside the state itself (SESSION-002, MDATA-012)."""

    NONE = 0
    SETTLING = 1
    HALT_DCB = 2
    HALT_ADMIN = 3
    VELOCITY = 4
    OPERATOR = 5
    SCHEDULE = 6
    COLLAR = 7  # its auction's price lies outside the collar (AUC-014)


class Family(IntEnum):
    """SPEC section 2.1."""

    PHY = 0
    IDX = 1
    INF = 2
    TOP = 3
    PWS = 4
    GPX = 5


class PeriodKind(IntEnum):
    """SPEC-042."""

    MONTH = 0
    QUARTER = 1
    YEAR = 2
    TERM3 = 3
    TERM5 = 4


class ComboKind(IntEnum):
    """What a book trades: an outright, or a combination that books its legs (SPEC-041)."""

    OUTRIGHT = 0
    CALENDAR = 1
    TIER = 2
    STRIP = 3


class OrderEntry(IntEnum):
    """SPEC-021, ORDER-015."""

    FULL = 0
    IOC_ONLY = 1


class Matching(IntEnum):
    """How a price level is shared among its orders (MATCH-001, PRO-001)."""

    FIFO = 0
    PRO_RATA = 1


class BookFeature(IntFlag):
    """What makes a book more than plain price-time matching; 0 is the fast path."""

    PRO_RATA = 1  # a level is shared out (PRO-)
    IMPLIED = 2  # prices from other books may trade here (IMP-)
    VELOCITY = 4  # prints are tested against windows (BAND-005)
    STOPS = 8  # an unelected stop waits for a print (STOP-001)
    QUOTES = 16  # a resting quote counts fills for its owner's protection (MMP-002)


class Scope(IntEnum):
    """What a kill stops (KILL-001)."""

    ACCOUNT = 0
    SESSION = 1
    FIRM = 2


class KillParty(IntEnum):
    """Who set a kill and so may lift it (KILL-004)."""

    VENUE = 0
    RISK = 1  # the risk desk of the clearing firm


class QuoteState(IntEnum):
    """What became of one side of a mass quote's entry, as the reply says."""

    NONE = 0
    ENTERED = 1  # new, or moved
    KEPT = 2
    REMOVED = 3
    REFUSED = 4
    FILLED = 5


class ProtectionState(IntEnum):
    NONE = 0
    ARMED = 1
    TRIPPED = 2


class Threshold(IntEnum):
    """What tripped a protection group (MMP-001)."""

    NONE = 0
    LOTS = 1
    FILLS = 2
    DELTA = 3
    HOURS = 4


class OrderFlag(IntFlag):
    """Bits of an order's flags, beside the CommandFlag bits of its NEW."""

    WAITS_COD = 64  # its cancel for COD waits for a state that allows it (COD-004)
    WAITS_TIMER = 128  # the same, for TIMER


class AccountFlag(IntFlag):
    DEFINED = 1
    KILLED = 2
    CLOSE_ONLY = 4
