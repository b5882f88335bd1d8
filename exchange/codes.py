"""Every integer code of the exchange: what commands, events and records store instead of words (`wire.words`).

Kernels, journal, tapes and the binary protocol share these numbers, so a number is never used again for something else.
"""

from enum import IntEnum, IntFlag


class Side(IntEnum):
    """Side of an order; also the index into every field that has one entry for each side."""

    BUY = 0
    SELL = 1

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 - 2 * self


class OrderType(IntEnum):
    LIMIT = 0
    MARKET = 1
    MARKET_TO_LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4
    QUOTE = 5  # one side of a mass quote; a NEW never has this type


class TimeInForce(IntEnum):
    DAY = 0
    GTC = 1
    GTD = 2
    IOC = 3
    FOK = 4


class PostOnly(IntEnum):
    NONE = 0
    REJECT = 1  # refused if it would trade at once (TIF-005)
    SLIDE = 2  # rests one increment away from the best opposite price instead (TIF-006)


class SmpMode(IntEnum):
    """What self-match prevention does with two orders of one owner; the aggressor's instruction decides (SMP-001)."""

    CANCEL_RESTING = 0
    CANCEL_AGGRESSOR = 1
    CANCEL_BOTH = 2
    DECREMENT = 3  # both lose the smaller number of lots (SMP-005)


class CommandKind(IntEnum):
    """What a COMMAND row asks for. Kinds below 64 run in the compiled loop; the others are controls, with a payload."""

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
    MARGIN = 86
    INDEX = 87
    ADJUST = 88
    BLOCK = 89
    SPOT_MONTHS = 90
    BUST = 91
    TRANSFER = 92


class CommandFlag(IntFlag):
    """Bits of COMMAND.flags. The comment of each begins with the kinds of command that it applies to."""

    NO_COD = 1  # NEW: spared by cancel on disconnect (SESS-020)
    REJECT_IF_ELECTED = 2  # NEW of a stop: refuse it if its trigger is true already (STOP-002)
    TIGHTEN = 4  # NEW of a market order: its `price` limits it further than its protection does
    LIQUIDATION = 8  # NEW: the venue closes a position of an account in liquidation (FALL-003)
    KEEP_PRICE = 1  # REPLACE: `price` is not given and stays
    KEEP_LOTS = 2  # REPLACE: `lots` is not given and stays
    SET_TIF = 4  # REPLACE: `tif` and `expiry_ns` are given
    SET_TAG = 8  # REPLACE: `tag` is given
    SET_DISPLAY = 16  # REPLACE: `display_lots` is given
    BATCHED = 128  # NEW, REPLACE, CANCEL: part of an atomic batch; the engine ignores this flag
    SET_TRIGGER = 32  # REPLACE: `trigger` is given
    FORCE = 1  # SET_STATE: from any state, whatever STATE-001 allows (scenario command ST)
    CLAMP = 2  # SET_STATE to OPEN: the operator allows an uncross at the edge of the collar (AUC-014)
    BY_SIDE = 1  # CANCEL_ALL: only orders of this side
    BY_TAG = 2  # CANCEL_ALL: only orders of this tag
    BY_PROTECTION = 4  # CANCEL_ALL: only quotes of this protection group
    MORE = 1  # QUOTE: the next row is an entry of the same mass quote
    DAY_ONLY = 1  # DISCONNECT: cancel only DAY orders, not GTC and GTD (COD-002)
    WHOLE_ACCOUNT = 2  # DISCONNECT: cancel all orders of the account, not only those of the session


class EventKind(IntEnum):
    """What an EVENT row reports."""

    ORDER_ACCEPTED = 1  # new order accepted
    ORDER_REJECTED = 2  # new order rejected
    ORDER_RESTED = 3  # an order rests in the book, or is parked
    FILL = 4  # one order's part of a trade; two rows a trade: resting, aggressor; in an uncross buyer, seller
    ICEBERG_REFRESHED = 5  # an iceberg shows a new slice
    ORDER_REPLACED = 6  # replace accepted; without a flag KEPT or LOST nothing is left and a cancel follows
    REPLACE_REJECTED = 7
    CANCEL_REJECTED = 8
    ORDER_CANCELLED = 9
    SELF_MATCH_DECREMENTED = 10  # two rows: resting, aggressor
    STOP_TRIGGERED = 11  # an elected stop is injected into its book
    UNCROSSED = 12  # price and volume of an uncross, before its fills
    INDICATIVE_PRICE = 13
    STATE_CHANGED = 14
    KILLED = 15
    DISCONNECTED = 16
    PROTECTION_TRIPPED = 17
    PROTECTION_RESET = 18
    MASS_CANCELLED = 19  # a mass cancel is complete
    POSITION_CHANGED = 20  # an account's position and margin after one command
    CASH_MOVED = 21  # money of an account, see CashReason
    INSTRUMENT_LISTED = 22
    ACCOUNT_DEFINED = 23  # account defined or changed
    SESSION_OPENED = 24
    COMMAND_REFUSED = 25  # a state change, deposit, withdrawal, kill, timer or the like is refused
    KILL_LIFTED = 26  # a kill is lifted
    TIMER_SET = 27  # a dead-man timer is armed or disarmed
    QUOTE_ACCEPTED = 28  # an entry of a mass quote is accepted; what became of its two sides
    PROTECTION_DEFINED = 29  # a protection group is defined or changed
    IMPLIED_PRICE = 30  # the implied price now shown on a side; 0 lots: none is shown any more
    SETTLED = 31  # settlement price of an outright
    MARKED = 32  # positions of an outright are valued at another price
    INSTRUMENT_ENDED = 33  # an instrument no longer trades, see Life
    POSITION_CASCADED = 34  # an account's position in a parent has become positions in its children
    MARGIN_CALLED = 35  # an account's margin call: made, renewed, met, or not met
    LEG_FILLED = 36  # one leg of the combination's FILL just before, with the number of that FILL (SETTLE-012)
    INDEX_TAKEN = 37  # a day of an index has its value, or waits for a committee's
    BLOCKED = 38  # a reported block is booked
    BUSTED = 39  # a trade is taken back
    TRANSFERRED = 40  # lots are moved from one account to another

    @property
    def abbreviation(self) -> str:  # in scenarios and logs
        return EVENT_ABBREVIATIONS[self]


_ABBREVIATIONS = """ACK REJ RST FILL RFR RPL RREJ CREJ CXL DEC TRG UNX IOP STA KIL DSC MMP MMPR MASS POS CASH LISTED
ACCOUNT SESSION REFUSED LIFTED TIMER QUOTED PROTECTED IMP SETTLED MARKED ENDED CASCADED CALL LEG INDEX BLOCKED BUSTED
TRANSFERRED"""
EVENT_ABBREVIATIONS = dict(zip(EventKind, _ABBREVIATIONS.split(), strict=True))


class EventFlag(IntFlag):
    """Bits of EVENT.flags. The comment of each begins with the kinds of event that it applies to."""

    KEPT = 1  # ORDER_REPLACED: priority kept
    LOST = 2  # ORDER_REPLACED: priority lost
    MARGIN = 4  # POSITION_CHANGED, CASH_MOVED: a margin message follows with the next account sequence
    EMPTY = 8  # INDICATIVE_PRICE: no uncross would happen now
    NEVER_RESTED = 16  # ORDER_CANCELLED, SELF_MATCH_DECREMENTED: the order was at no price level
    QUEUED = 32  # DISCONNECTED: some cancels wait for a market state that allows them (COD-004)
    IMPLIED = 64  # FILL: part of an implied group, one row for each order, the combination's last
    RESTS = 128  # ORDER_ACCEPTED: the row reports ORDER_RESTED as well; `event_rows.split_rests` splits it
    LIQUIDATION = 8  # of an order: the venue closes a position of an account in liquidation (FALL-003)
    INTERNAL = 32  # FILL: in an internal leg: no print, no fee; trade id of the print before it (SMP-010)
    SAME = 1  # ORDER_REJECTED for DUP_ID: the live order has the same content; the row repeats it (ENTRY-003)


class Liquidity(IntEnum):
    MAKER = 1
    TAKER = 2
    AUCTION = 3


class OrderState(IntEnum):
    NONE = 0
    PENDING = 1  # a stop that is not injected yet
    OPEN = 2
    FILLED = 3
    CANCELLED = 4
    REJECTED = 5
    EXPIRED = 6


class CancelReason(IntEnum):
    """Why an order was cancelled."""

    NONE = 0
    USER = 1  # by a CANCEL, a mass cancel or a mass quote
    IOC = 2
    FOK = 3
    MINQTY = 4  # its minimum quantity could not be executed (TIF-004)
    SMP = 5  # by self-match prevention
    VELOCITY = 6  # a fill would have breached a window (BAND-006)
    IFM = 7  # a replace asked for no more lots than are filled (REPL-003)
    EXPIRED = 8
    KILL = 9
    COD = 10  # by cancel on disconnect
    TIMER = 11  # by the dead-man timer
    MMP = 12  # its protection group tripped
    CASCADED = 13
    ADMIN = 14  # by the venue, as when a new day's increment does not fit it
    DEFAULT = 15  # by a margin call (MARGIN-012)


class RejectReason(IntEnum):
    """Why a command is refused. The numbers are stored; REJECT_PRECEDENCE decides between several reasons."""

    NONE = 0
    UNKNOWN_ACCOUNT = 1
    BAD_QTY = 2  # a number of lots that no order may have
    BAD_COMBO = 3  # fields of the message do not go together
    DUP_INST = 4  # a mass quote names the instrument twice (QUOTE-006)
    CROSSED_QUOTE = 5  # bid at or above ask
    UNKNOWN = 6  # no such live order of the account (ORDER-006), session, firm or protection group
    KILLED = 7  # account, firm or session is killed (KILL-001); of an UNKILL: by another party (KILL-004)
    STATE = 8  # the market state does not accept this command (STATE-001)
    UNKNOWN_INST = 9
    IOC_ONLY = 10  # the book takes no orders that rest (ORDER-015)
    OFF_TICK = 11
    BAD_LOT = 12  # off the lot increment, or above the largest order of book or account
    SHOW = 13  # an iceberg shows too little (ICE-006)
    DUP_ID = 14  # a live order has this client order id (ORDER-005)
    MMP = 15  # no protection group that may quote here (MMP-003)
    NO_OPP = 16  # a market order without an opposite price (ORDER-010)
    BAND = 17  # price outside the daily limits or the reject band
    CLOSE_ONLY = 18  # the account may only close positions (MARGIN-016)
    POSITION = 19  # a position limit (LIMIT-001, LIMIT-004)
    INSUFFICIENT_MARGIN = 20
    FULL = 21  # no space in a table of the engine, or above the limit of all deposits
    PO_CROSS = 22  # a post-only order would trade at once (TIF-005)
    ELECTED = 23  # the trigger of a stop is true already (STOP-002, REPL-007)

    @property
    def abbreviation(self) -> str:  # in rules, scenarios and logs
        return "RISK" if self is RejectReason.INSUFFICIENT_MARGIN else self.name


# If several reasons apply, the first one here is reported (ORDER-004). A new reason takes the next number and a place
# here. Docstrings name groups of reasons by rank: 0 account, 1 message, 2 target, 3 kill, 4 market state, 5 instrument,
# 6 increments and display, 7 id, 8 protection, 9 opposite side, 10 price, 11 risk, 12 post-only and election.
REJECT_PRECEDENCE = (
    RejectReason.UNKNOWN_ACCOUNT, RejectReason.BAD_QTY, RejectReason.BAD_COMBO, RejectReason.DUP_INST,
    RejectReason.CROSSED_QUOTE, RejectReason.UNKNOWN, RejectReason.KILLED, RejectReason.UNKNOWN_INST,
    RejectReason.STATE, RejectReason.IOC_ONLY, RejectReason.OFF_TICK, RejectReason.BAD_LOT, RejectReason.SHOW,
    RejectReason.DUP_ID, RejectReason.MMP, RejectReason.NO_OPP, RejectReason.BAND, RejectReason.CLOSE_ONLY,
    RejectReason.POSITION, RejectReason.INSUFFICIENT_MARGIN, RejectReason.FULL, RejectReason.PO_CROSS,
    RejectReason.ELECTED,
)  # fmt: skip


class MarketState(IntEnum):
    """State of a market, of a group or of one book (STATE-001). A book with NONE of its own follows its group."""

    NONE = 0
    CLOSED = 1
    PREOPEN = 2
    NOCANCEL = 3
    OPEN = 4
    RESERVED = 5
    PAUSED = 6
    HALT = 7


class StateReason(IntEnum):
    """Why a market is in its state (SESSION-002, MDATA-012)."""

    NONE = 0
    SETTLING = 1
    HALT_DCB = 2  # a circuit breaker (BAND-010)
    HALT_ADMIN = 3
    VELOCITY = 4  # a velocity window was breached (BAND-005)
    OPERATOR = 5
    SCHEDULE = 6
    COLLAR = 7  # an auction's price lies outside its collar (AUC-014)
    HALT_INDEX = 8  # an index month waits for a committee's value (INDEX-003); on the wire HALT_ADMIN


class Family(IntEnum):
    """Family of a product: its contract terms, see `contracts_spec/products.toml`."""

    PHY = 0
    IDX = 1
    INF = 2
    TOP = 3
    PWS = 4
    GPX = 5


class PeriodKind(IntEnum):
    """Length of the delivery period (SPEC-042); TERM3 and TERM5 are terms of three and five years."""

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


# How a settlement price was found (SETTLE-002 to SETTLE-011). GIVEN: people have given it.
SettleMethod = IntEnum("SettleMethod", "NONE T1 T2 T3 T4 INDEX FINAL SEED GIVEN", start=0)


class OrderEntry(IntEnum):
    """Which orders a book takes: all, or only those that trade at once (SPEC-021, ORDER-015)."""

    FULL = 0
    IOC_ONLY = 1


class Matching(IntEnum):
    """How lots are allocated to the orders of a price level (MATCH-001, PRO-001)."""

    FIFO = 0
    PRO_RATA = 1


class BookFeature(IntFlag):
    """What a book needs beyond plain price-time matching. A book with 0 is matched by the fastest code."""

    PRO_RATA = 1  # pro-rata allocation (PRO-)
    IMPLIED = 2  # orders of other books may trade here at implied prices (IMP-)
    VELOCITY = 4  # prints are checked against look-back windows (BAND-005)
    STOPS = 8  # a stop waits for its trigger (STOP-001)
    QUOTES = 16  # a quote works here; its fills count in its protection group (MMP-002)


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
    """Result of one side of a mass quote's entry."""

    NONE = 0
    ENTERED = 1  # new, or at the back of its new price
    KEPT = 2  # with its priority
    REMOVED = 3
    REFUSED = 4
    FILLED = 5


ProtectionState = IntEnum("ProtectionState", "NONE ARMED TRIPPED", start=0)


class Threshold(IntEnum):
    """What tripped a protection group (MMP-001)."""

    NONE = 0
    LOTS = 1
    FILLS = 2
    DELTA = 3
    HOURS = 4


class OrderFlag(IntFlag):
    """Bits of ORDER.flags, beside the CommandFlag bits of the NEW."""

    WAITS_COD = 64  # cancel on disconnect waits for a market state that allows it (COD-004)
    WAITS_TIMER = 128  # the same, for the dead-man timer
