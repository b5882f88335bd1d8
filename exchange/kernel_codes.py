"""The integer codes of `codes.py` and `clearing_codes.py` as constants for kernels, each with the prefix of its enum.

Kernels do not take enum members: for Numba each enum is a type of its own, and would compile the kernel once more.
"""

import numpy as np

from exchange.clearing_codes import RESTRICTED_FLAGS, AccountFlag, CashReason, HouseAccount, Life, Standing
from exchange.codes import (
    REJECT_PRECEDENCE,
    BookFeature,
    CancelReason,
    ComboKind,
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    KillParty,
    Liquidity,
    MarketState,
    Matching,
    OrderEntry,
    OrderFlag,
    OrderState,
    OrderType,
    PostOnly,
    ProtectionState,
    QuoteState,
    RejectReason,
    Scope,
    Side,
    SmpMode,
    StateReason,
    Threshold,
    TimeInForce,
)
from exchange.kernel import leaf_kernel

KIND_NEW = np.int64(CommandKind.NEW)
KIND_REPLACE = np.int64(CommandKind.REPLACE)
KIND_CANCEL = np.int64(CommandKind.CANCEL)
KIND_CANCEL_ALL = np.int64(CommandKind.CANCEL_ALL)
KIND_QUOTE = np.int64(CommandKind.QUOTE)
KIND_DEPOSIT = np.int64(CommandKind.DEPOSIT)
KIND_WITHDRAW = np.int64(CommandKind.WITHDRAW)
KIND_SET_STATE = np.int64(CommandKind.SET_STATE)
KIND_CLOCK = np.int64(CommandKind.CLOCK)
KIND_KILL = np.int64(CommandKind.KILL)
KIND_UNKILL = np.int64(CommandKind.UNKILL)
KIND_DISCONNECT = np.int64(CommandKind.DISCONNECT)
KIND_SESSION = np.int64(CommandKind.SESSION)
KIND_MMP_SET = np.int64(CommandKind.MMP_SET)
KIND_MMP_RESET = np.int64(CommandKind.MMP_RESET)
KIND_INDICATIVE = np.int64(CommandKind.INDICATIVE)
KIND_TIMER = np.int64(CommandKind.TIMER)
KIND_LIST = np.int64(CommandKind.LIST)
KIND_DEFINE_ACCOUNT = np.int64(CommandKind.DEFINE_ACCOUNT)
KIND_MARK = np.int64(CommandKind.MARK)
KIND_SETTLE = np.int64(CommandKind.SETTLE)
KIND_CASCADE = np.int64(CommandKind.CASCADE)
KIND_CERTIFY = np.int64(CommandKind.CERTIFY)
KIND_DELIVER = np.int64(CommandKind.DELIVER)
KIND_EXPIRE = np.int64(CommandKind.EXPIRE)
KIND_DEFINE_KEY = np.int64(CommandKind.DEFINE_KEY)
KIND_ACT = np.int64(CommandKind.ACT)
KIND_LEAD_MAKERS = np.int64(CommandKind.LEAD_MAKERS)
KIND_DAY_LIMITS = np.int64(CommandKind.DAY_LIMITS)
KIND_INDEX = np.int64(CommandKind.INDEX)
KIND_ADJUST = np.int64(CommandKind.ADJUST)
KIND_BLOCK = np.int64(CommandKind.BLOCK)
KIND_BUST = np.int64(CommandKind.BUST)
KIND_TRANSFER = np.int64(CommandKind.TRANSFER)
KIND_SPOT_MONTHS = np.int64(CommandKind.SPOT_MONTHS)
KIND_MARGIN = np.int64(CommandKind.MARGIN)

EVENT_ORDER_ACCEPTED = np.int64(EventKind.ORDER_ACCEPTED)
EVENT_ORDER_REJECTED = np.int64(EventKind.ORDER_REJECTED)
EVENT_ORDER_RESTED = np.int64(EventKind.ORDER_RESTED)
EVENT_FILL = np.int64(EventKind.FILL)
EVENT_ICEBERG_REFRESHED = np.int64(EventKind.ICEBERG_REFRESHED)
EVENT_ORDER_REPLACED = np.int64(EventKind.ORDER_REPLACED)
EVENT_REPLACE_REJECTED = np.int64(EventKind.REPLACE_REJECTED)
EVENT_CANCEL_REJECTED = np.int64(EventKind.CANCEL_REJECTED)
EVENT_ORDER_CANCELLED = np.int64(EventKind.ORDER_CANCELLED)
EVENT_SELF_MATCH_DECREMENTED = np.int64(EventKind.SELF_MATCH_DECREMENTED)
EVENT_STOP_TRIGGERED = np.int64(EventKind.STOP_TRIGGERED)
EVENT_UNCROSSED = np.int64(EventKind.UNCROSSED)
EVENT_INDICATIVE_PRICE = np.int64(EventKind.INDICATIVE_PRICE)
EVENT_STATE_CHANGED = np.int64(EventKind.STATE_CHANGED)
EVENT_KILLED = np.int64(EventKind.KILLED)
EVENT_DISCONNECTED = np.int64(EventKind.DISCONNECTED)
EVENT_PROTECTION_TRIPPED = np.int64(EventKind.PROTECTION_TRIPPED)
EVENT_PROTECTION_RESET = np.int64(EventKind.PROTECTION_RESET)
EVENT_MASS_CANCELLED = np.int64(EventKind.MASS_CANCELLED)
EVENT_POSITION_CHANGED = np.int64(EventKind.POSITION_CHANGED)
EVENT_CASH_MOVED = np.int64(EventKind.CASH_MOVED)
EVENT_INSTRUMENT_LISTED = np.int64(EventKind.INSTRUMENT_LISTED)
EVENT_ACCOUNT_DEFINED = np.int64(EventKind.ACCOUNT_DEFINED)
EVENT_SESSION_OPENED = np.int64(EventKind.SESSION_OPENED)
EVENT_COMMAND_REFUSED = np.int64(EventKind.COMMAND_REFUSED)
EVENT_KILL_LIFTED = np.int64(EventKind.KILL_LIFTED)
EVENT_TIMER_SET = np.int64(EventKind.TIMER_SET)
EVENT_QUOTE_ACCEPTED = np.int64(EventKind.QUOTE_ACCEPTED)
EVENT_PROTECTION_DEFINED = np.int64(EventKind.PROTECTION_DEFINED)
EVENT_IMPLIED_PRICE = np.int64(EventKind.IMPLIED_PRICE)
EVENT_SETTLED = np.int64(EventKind.SETTLED)
EVENT_MARKED = np.int64(EventKind.MARKED)
EVENT_INSTRUMENT_ENDED = np.int64(EventKind.INSTRUMENT_ENDED)
EVENT_POSITION_CASCADED = np.int64(EventKind.POSITION_CASCADED)
EVENT_INDEX_TAKEN = np.int64(EventKind.INDEX_TAKEN)
EVENT_BLOCKED = np.int64(EventKind.BLOCKED)
EVENT_MARGIN_CALLED = np.int64(EventKind.MARGIN_CALLED)
EVENT_LEG_FILLED = np.int64(EventKind.LEG_FILLED)
EVENT_BUSTED = np.int64(EventKind.BUSTED)
EVENT_TRANSFERRED = np.int64(EventKind.TRANSFERRED)

SIDE_BUY = np.int64(Side.BUY)
SIDE_SELL = np.int64(Side.SELL)

ORDER_LIMIT = np.int64(OrderType.LIMIT)
ORDER_MARKET = np.int64(OrderType.MARKET)
ORDER_MARKET_TO_LIMIT = np.int64(OrderType.MARKET_TO_LIMIT)
ORDER_STOP = np.int64(OrderType.STOP)
ORDER_STOP_LIMIT = np.int64(OrderType.STOP_LIMIT)
ORDER_QUOTE = np.int64(OrderType.QUOTE)

TIF_DAY = np.int64(TimeInForce.DAY)
TIF_GTC = np.int64(TimeInForce.GTC)
TIF_GTD = np.int64(TimeInForce.GTD)
TIF_IOC = np.int64(TimeInForce.IOC)
TIF_FOK = np.int64(TimeInForce.FOK)

POST_ONLY_NONE = np.int64(PostOnly.NONE)
POST_ONLY_REJECT = np.int64(PostOnly.REJECT)
POST_ONLY_SLIDE = np.int64(PostOnly.SLIDE)

SMP_CANCEL_RESTING = np.int64(SmpMode.CANCEL_RESTING)
SMP_CANCEL_AGGRESSOR = np.int64(SmpMode.CANCEL_AGGRESSOR)
SMP_CANCEL_BOTH = np.int64(SmpMode.CANCEL_BOTH)
SMP_DECREMENT = np.int64(SmpMode.DECREMENT)

FLAG_NO_COD = np.int64(CommandFlag.NO_COD)
FLAG_REJECT_IF_ELECTED = np.int64(CommandFlag.REJECT_IF_ELECTED)
FLAG_TIGHTEN = np.int64(CommandFlag.TIGHTEN)
FLAG_LIQUIDATION = np.int64(CommandFlag.LIQUIDATION)
FLAG_KEEP_PRICE = np.int64(CommandFlag.KEEP_PRICE)
FLAG_KEEP_LOTS = np.int64(CommandFlag.KEEP_LOTS)
FLAG_SET_TIF = np.int64(CommandFlag.SET_TIF)
FLAG_SET_TAG = np.int64(CommandFlag.SET_TAG)
FLAG_SET_DISPLAY = np.int64(CommandFlag.SET_DISPLAY)
FLAG_BATCHED = np.int64(CommandFlag.BATCHED)
FLAG_SET_TRIGGER = np.int64(CommandFlag.SET_TRIGGER)
FLAG_FORCE = np.int64(CommandFlag.FORCE)
FLAG_CLAMP = np.int64(CommandFlag.CLAMP)
FLAG_BY_SIDE = np.int64(CommandFlag.BY_SIDE)
FLAG_BY_TAG = np.int64(CommandFlag.BY_TAG)
FLAG_BY_PROTECTION = np.int64(CommandFlag.BY_PROTECTION)
FLAG_MORE = np.int64(CommandFlag.MORE)
FLAG_DAY_ONLY = np.int64(CommandFlag.DAY_ONLY)
FLAG_WHOLE_ACCOUNT = np.int64(CommandFlag.WHOLE_ACCOUNT)

EVENT_FLAG_KEPT = np.int64(EventFlag.KEPT)
EVENT_FLAG_LOST = np.int64(EventFlag.LOST)
EVENT_FLAG_MARGIN = np.int64(EventFlag.MARGIN)
EVENT_FLAG_EMPTY = np.int64(EventFlag.EMPTY)
EVENT_FLAG_NEVER_RESTED = np.int64(EventFlag.NEVER_RESTED)
EVENT_FLAG_QUEUED = np.int64(EventFlag.QUEUED)
EVENT_FLAG_IMPLIED = np.int64(EventFlag.IMPLIED)
EVENT_FLAG_RESTS = np.int64(EventFlag.RESTS)
EVENT_FLAG_LIQUIDATION = np.int64(EventFlag.LIQUIDATION)
EVENT_FLAG_INTERNAL = np.int64(EventFlag.INTERNAL)
EVENT_FLAG_SAME = np.int64(EventFlag.SAME)

LIQUIDITY_MAKER = np.int64(Liquidity.MAKER)
LIQUIDITY_TAKER = np.int64(Liquidity.TAKER)
LIQUIDITY_AUCTION = np.int64(Liquidity.AUCTION)

ORDER_STATE_NONE = np.int64(OrderState.NONE)
ORDER_STATE_PENDING = np.int64(OrderState.PENDING)
ORDER_STATE_OPEN = np.int64(OrderState.OPEN)
ORDER_STATE_FILLED = np.int64(OrderState.FILLED)
ORDER_STATE_CANCELLED = np.int64(OrderState.CANCELLED)
ORDER_STATE_REJECTED = np.int64(OrderState.REJECTED)
ORDER_STATE_EXPIRED = np.int64(OrderState.EXPIRED)

CASH_TRANSFER = np.int64(CashReason.TRANSFER)
CASH_VARIATION = np.int64(CashReason.VARIATION)
CASH_FEE = np.int64(CashReason.FEE)
CASH_ADJUSTMENT = np.int64(CashReason.ADJUSTMENT)
CASH_SHORTFALL = np.int64(CashReason.SHORTFALL)
CASH_BUST = np.int64(CashReason.BUST)

LIFE_NONE = np.int64(Life.NONE)
LIFE_LISTED = np.int64(Life.LISTED)
LIFE_EXPIRED = np.int64(Life.EXPIRED)
LIFE_CASCADED = np.int64(Life.CASCADED)
LIFE_IN_DELIVERY = np.int64(Life.IN_DELIVERY)
LIFE_SETTLED = np.int64(Life.SETTLED)
LIFE_DELISTED = np.int64(Life.DELISTED)

HOUSE_DEPOSITS = np.int64(HouseAccount.DEPOSITS)
HOUSE_WITHDRAWALS = np.int64(HouseAccount.WITHDRAWALS)
HOUSE_FEES = np.int64(HouseAccount.FEES)
HOUSE_VARIATION = np.int64(HouseAccount.VARIATION)
HOUSE_ROUNDING = np.int64(HouseAccount.ROUNDING)
HOUSE_DEFAULT = np.int64(HouseAccount.DEFAULT)

CANCEL_NONE = np.int64(CancelReason.NONE)
CANCEL_USER = np.int64(CancelReason.USER)
CANCEL_IOC = np.int64(CancelReason.IOC)
CANCEL_FOK = np.int64(CancelReason.FOK)
CANCEL_MINQTY = np.int64(CancelReason.MINQTY)
CANCEL_SMP = np.int64(CancelReason.SMP)
CANCEL_VELOCITY = np.int64(CancelReason.VELOCITY)
CANCEL_IFM = np.int64(CancelReason.IFM)
CANCEL_EXPIRED = np.int64(CancelReason.EXPIRED)
CANCEL_KILL = np.int64(CancelReason.KILL)
CANCEL_COD = np.int64(CancelReason.COD)
CANCEL_TIMER = np.int64(CancelReason.TIMER)
CANCEL_MMP = np.int64(CancelReason.MMP)
CANCEL_CASCADED = np.int64(CancelReason.CASCADED)
CANCEL_ADMIN = np.int64(CancelReason.ADMIN)
CANCEL_DEFAULT = np.int64(CancelReason.DEFAULT)

REJECT_NONE = np.int64(RejectReason.NONE)
REJECT_UNKNOWN_ACCOUNT = np.int64(RejectReason.UNKNOWN_ACCOUNT)
REJECT_BAD_QTY = np.int64(RejectReason.BAD_QTY)
REJECT_BAD_COMBO = np.int64(RejectReason.BAD_COMBO)
REJECT_DUP_INST = np.int64(RejectReason.DUP_INST)
REJECT_CROSSED_QUOTE = np.int64(RejectReason.CROSSED_QUOTE)
REJECT_UNKNOWN = np.int64(RejectReason.UNKNOWN)
REJECT_KILLED = np.int64(RejectReason.KILLED)
REJECT_STATE = np.int64(RejectReason.STATE)
REJECT_UNKNOWN_INST = np.int64(RejectReason.UNKNOWN_INST)
REJECT_IOC_ONLY = np.int64(RejectReason.IOC_ONLY)
REJECT_OFF_TICK = np.int64(RejectReason.OFF_TICK)
REJECT_BAD_LOT = np.int64(RejectReason.BAD_LOT)
REJECT_SHOW = np.int64(RejectReason.SHOW)
REJECT_DUP_ID = np.int64(RejectReason.DUP_ID)
REJECT_MMP = np.int64(RejectReason.MMP)
REJECT_NO_OPP = np.int64(RejectReason.NO_OPP)
REJECT_BAND = np.int64(RejectReason.BAND)
REJECT_CLOSE_ONLY = np.int64(RejectReason.CLOSE_ONLY)
REJECT_POSITION = np.int64(RejectReason.POSITION)
REJECT_INSUFFICIENT_MARGIN = np.int64(RejectReason.INSUFFICIENT_MARGIN)
REJECT_FULL = np.int64(RejectReason.FULL)
REJECT_PO_CROSS = np.int64(RejectReason.PO_CROSS)
REJECT_ELECTED = np.int64(RejectReason.ELECTED)
# Place of each reason in REJECT_PRECEDENCE, by its number; the lowest is reported. NONE comes last.
REJECT_RANKS = tuple((*REJECT_PRECEDENCE, RejectReason.NONE).index(reason) for reason in sorted(RejectReason))

MARKET_NONE = np.int64(MarketState.NONE)
MARKET_CLOSED = np.int64(MarketState.CLOSED)
MARKET_PREOPEN = np.int64(MarketState.PREOPEN)
MARKET_NOCANCEL = np.int64(MarketState.NOCANCEL)
MARKET_OPEN = np.int64(MarketState.OPEN)
MARKET_RESERVED = np.int64(MarketState.RESERVED)
MARKET_PAUSED = np.int64(MarketState.PAUSED)
MARKET_HALT = np.int64(MarketState.HALT)

STATE_REASON_NONE = np.int64(StateReason.NONE)
STATE_REASON_SETTLING = np.int64(StateReason.SETTLING)
STATE_REASON_HALT_DCB = np.int64(StateReason.HALT_DCB)
STATE_REASON_HALT_ADMIN = np.int64(StateReason.HALT_ADMIN)
STATE_REASON_VELOCITY = np.int64(StateReason.VELOCITY)
STATE_REASON_OPERATOR = np.int64(StateReason.OPERATOR)
STATE_REASON_SCHEDULE = np.int64(StateReason.SCHEDULE)
STATE_REASON_COLLAR = np.int64(StateReason.COLLAR)
STATE_REASON_HALT_INDEX = np.int64(StateReason.HALT_INDEX)

COMBO_OUTRIGHT = np.int64(ComboKind.OUTRIGHT)
COMBO_CALENDAR = np.int64(ComboKind.CALENDAR)
COMBO_TIER = np.int64(ComboKind.TIER)
COMBO_STRIP = np.int64(ComboKind.STRIP)

ENTRY_FULL = np.int64(OrderEntry.FULL)
ENTRY_IOC_ONLY = np.int64(OrderEntry.IOC_ONLY)

MATCHING_FIFO = np.int64(Matching.FIFO)
MATCHING_PRO_RATA = np.int64(Matching.PRO_RATA)

FEATURE_PRO_RATA = np.int64(BookFeature.PRO_RATA)
FEATURE_IMPLIED = np.int64(BookFeature.IMPLIED)
FEATURE_VELOCITY = np.int64(BookFeature.VELOCITY)
FEATURE_STOPS = np.int64(BookFeature.STOPS)
FEATURE_QUOTES = np.int64(BookFeature.QUOTES)

SCOPE_ACCOUNT = np.int64(Scope.ACCOUNT)
SCOPE_SESSION = np.int64(Scope.SESSION)
SCOPE_FIRM = np.int64(Scope.FIRM)

KILL_PARTY_VENUE = np.int64(KillParty.VENUE)
KILL_PARTY_RISK = np.int64(KillParty.RISK)

QUOTE_NONE = np.int64(QuoteState.NONE)
QUOTE_ENTERED = np.int64(QuoteState.ENTERED)
QUOTE_KEPT = np.int64(QuoteState.KEPT)
QUOTE_REMOVED = np.int64(QuoteState.REMOVED)
QUOTE_REFUSED = np.int64(QuoteState.REFUSED)
QUOTE_FILLED = np.int64(QuoteState.FILLED)

PROTECTION_NONE = np.int64(ProtectionState.NONE)
PROTECTION_ARMED = np.int64(ProtectionState.ARMED)
PROTECTION_TRIPPED = np.int64(ProtectionState.TRIPPED)

THRESHOLD_NONE = np.int64(Threshold.NONE)
THRESHOLD_LOTS = np.int64(Threshold.LOTS)
THRESHOLD_FILLS = np.int64(Threshold.FILLS)
THRESHOLD_DELTA = np.int64(Threshold.DELTA)
THRESHOLD_HOURS = np.int64(Threshold.HOURS)

ORDER_FLAG_WAITS_COD = np.int64(OrderFlag.WAITS_COD)
ORDER_FLAG_WAITS_TIMER = np.int64(OrderFlag.WAITS_TIMER)

ACCOUNT_FLAG_DEFINED = np.int64(AccountFlag.DEFINED)
ACCOUNT_FLAG_KILLED = np.int64(AccountFlag.KILLED)
ACCOUNT_FLAG_CLOSE_ONLY = np.int64(AccountFlag.CLOSE_ONLY)
ACCOUNT_FLAG_CALLED = np.int64(AccountFlag.CALLED)
ACCOUNT_FLAG_LIQUIDATING = np.int64(AccountFlag.LIQUIDATING)
ACCOUNT_FLAG_DEFAULTED = np.int64(AccountFlag.DEFAULTED)
ACCOUNT_RESTRICTED = np.int64(RESTRICTED_FLAGS)

STANDING_OPEN = np.int64(Standing.OPEN)
STANDING_CLOSE_ONLY = np.int64(Standing.CLOSE_ONLY)
STANDING_LIQUIDATING = np.int64(Standing.LIQUIDATING)
STANDING_DEFAULTED = np.int64(Standing.DEFAULTED)


@leaf_kernel
def sign_of(side: int) -> int:
    """+1 for a buy, -1 for a sell."""
    return 1 - 2 * side


@leaf_kernel
def leg_side(side: int, sign: int) -> int:
    """Side on which a leg trades when its combination trades on `side`. `sign`: +1 or -1, see `layout.LEG`."""
    return side if sign > 0 else 1 - side
