"""Every feature of matching.md that random commands can reach, as `Features` names them, heading by heading.

A name that a long run never sees is a gap in the generator, not a rarity.
"""

from exchange.codes import (
    CancelReason,
    EventKind,
    KillParty,
    MarketState,
    Matching,
    OrderType,
    QuoteState,
    Scope,
    SmpMode,
    Threshold,
    TimeInForce,
)
from exchange.codes import CommandKind as C
from exchange.codes import RejectReason as R
from exchange.reference.phases import CANCEL_STATES, ENTRY_STATES, GOES_TO, REPLACE_STATES

# Reasons that nothing here can meet: cascades and defaults belong to the clearing house.
ELSEWHERE = {CancelReason.NONE, CancelReason.CASCADED, CancelReason.DEFAULT}
REFUSALS = {
    C.NEW: set(R) - {R.NONE, R.DUP_INST, R.CROSSED_QUOTE, R.UNKNOWN, R.MMP},
    C.QUOTE: set(R) - {R.NONE, R.UNKNOWN, R.SHOW, R.NO_OPP, R.PO_CROSS, R.ELECTED},
    C.REPLACE: {
        R.UNKNOWN_ACCOUNT, R.BAD_QTY, R.BAD_COMBO, R.UNKNOWN, R.KILLED, R.STATE, R.OFF_TICK, R.BAD_LOT, R.SHOW,
        R.BAND, R.CLOSE_ONLY, R.POSITION, R.INSUFFICIENT_MARGIN, R.PO_CROSS, R.ELECTED,
    },
    C.CANCEL: {R.UNKNOWN_ACCOUNT, R.UNKNOWN, R.STATE},
    C.CANCEL_ALL: {R.UNKNOWN_ACCOUNT, R.STATE},
    C.DEPOSIT: {R.UNKNOWN_ACCOUNT, R.BAD_QTY, R.FULL},
    C.WITHDRAW: {R.UNKNOWN_ACCOUNT, R.BAD_QTY, R.INSUFFICIENT_MARGIN},
    C.SET_STATE: {R.STATE, R.UNKNOWN_INST},
    C.KILL: {R.UNKNOWN_ACCOUNT, R.BAD_COMBO, R.UNKNOWN},
    C.UNKILL: {R.UNKNOWN_ACCOUNT, R.BAD_COMBO, R.UNKNOWN, R.KILLED},
    C.DISCONNECT: {R.UNKNOWN_ACCOUNT, R.UNKNOWN},
    C.TIMER: {R.UNKNOWN_ACCOUNT, R.BAD_QTY},
    C.MMP_SET: {R.UNKNOWN_ACCOUNT, R.BAD_QTY, R.UNKNOWN_INST, R.FULL},
    C.MMP_RESET: {R.UNKNOWN_ACCOUNT, R.UNKNOWN},
    C.INDICATIVE: {R.UNKNOWN_INST},
    C.MARK: {R.BAD_COMBO},
}  # fmt: skip
COMBINATIONS = [f"{kind} {way}" for kind in ("CALENDAR", "TIER", "STRIP") for way in ("in", "out")]
HALTED_FROM = [(MarketState.HALT, state) for state in (MarketState.PREOPEN, MarketState.OPEN, MarketState.RESERVED)]
CHANGES = [(before, after) for before, states in GOES_TO.items() for after in states] + HALTED_FROM
OWN_CHANGES = [(before, after) for before, after in CHANGES if before not in (MarketState.CLOSED, *ENTRY_STATES[:2])]
OWN_CHANGES = [(before, after) for before, after in OWN_CHANGES if after != MarketState.PREOPEN]


def _names(prefix: str, codes: object) -> list[str]:
    return [f"{prefix} {getattr(code, 'abbreviation', code.name)}" for code in codes]  # type: ignore[attr-defined]


WANTED: dict[str, list[str]] = {
    "order types taken": _names("type", OrderType),
    "times in force taken": _names("tif", TimeInForce),
    "instructions taken": [
        "with POST_ONLY", "with SLIDE", "with DISPLAY", "with MINIMUM", "with GTD TIME", "with NO_COD",
        "with REJECT_IF_ELECTED", "with TIGHTEN", "with SMP_ID", "with TAG", "with NO NAME", "slid to another price",
        "FOK filled", "minimum met", "MARKET rests", "MARKET_TO_LIMIT rests",
    ],
    "events": _names("event", EventKind),
    "orders leave": _names("CXL", [reason for reason in CancelReason if reason not in ELSEWHERE]),
    "orders expire": ["EXPIRED DAY", "EXPIRED GTD", "NEW that is over", "REPLACE that is over"],
    "nothing happens": ["NEW that repeats its order"],
    **{f"{kind.name} refused": _names(f"{kind.name} refused", sorted(why)) for kind, why in REFUSALS.items()},
    "NEW taken while": _names("NEW in", ENTRY_STATES),
    "QUOTE taken while": _names("QUOTE in", ENTRY_STATES),
    "REPLACE taken while": _names("REPLACE in", REPLACE_STATES),
    "CANCEL taken while": _names("CANCEL in", CANCEL_STATES),
    "changes of a group": [f"group {before.name} to {after.name}" for before, after in CHANGES],
    "changes of a book": [f"book {before.name} to {after.name}" for before, after in OWN_CHANGES],
    "reasons of a change": [f"STA {why}" for why in ("NONE", "VELOCITY", "HALT_DCB", "OPERATOR", "SCHEDULE", "COLLAR")],
    "forced": ["forced group", "forced book"],
    "replaces": [
        "RPL KEPT", "RPL LOST", "RPL as a cancel", "RPL of a stop", "RPL of an iceberg", "RPL trades", "RPL by name",
        "RPL by order id",
    ],
    "beyond the free funds": [f"{kind.name} only closes" for kind in (C.NEW, C.REPLACE, C.QUOTE)],
    "fills": ["fill FIFO", "fill PRO_RATA", "fill AUCTION"],
    "implied": [f"IMPLIED {name}" for name in (*COMBINATIONS, "IOC_ONLY")],
    "internal legs": ["INTERNAL order", "INTERNAL quote"],
    "icebergs refresh": [f"slice {name}" for name in ("FIFO", "PRO_RATA", "in auction")],
    "self-match prevention": [f"SMP {mode.name} {way.name}" for mode in SmpMode for way in Matching] + ["SMP of QUOTE"],
    "stops": [
        "elected on entry", "elected by a print", "elected by a replace", "cascade of three", "joined an auction",
        "elected at the opening", "waits through a halt", "of minimum quantity",
    ],
    "auctions": [
        "UNX balanced", "UNX buys left", "UNX sells left", "opened without UNX", "IOP none", "CLAMPED",
        "post-only in auction", "iceberg in auction",
    ],
    "windows": [
        "book reserved by VELOCITY", "group reserved by VELOCITY", "book reserved by HALT_DCB",
        "group reserved by HALT_DCB", "remainder rests in RESERVED", "quotes leave with VELOCITY",
    ],
    "day limits": ["PARKED", "UNPARKED", "parked on entry", "parked order cancelled", "parked order replaced"],
    "quoted sides": [f"side {state.name}" for state in QuoteState if state != QuoteState.REFUSED],
    "quotes": ["cut short"],
    "protection trips": [f"trip {why.name}" for why in Threshold if why],
    "protection": ["rest of a running quote refused", "reset", "group set again"],
    "mass cancels": [
        f"MASS {name}" for name in ("of account", "of book", "of group", "by side", "by tag", "by protection")
    ],
    "kills": [f"KIL {scope.name} {party.name}" for scope in Scope for party in KillParty],
    "kills lifted": [f"LIFTED {scope.name} {party.name}" for scope in Scope for party in KillParty],
    "disconnects and timers": [
        "DSC of session", "DSC of account", "DSC DAY only", "DSC queued", "TIMER fires", "TIMER queued", "TIMER off",
        "left after NOCANCEL",
    ],
    "controls": ["DEFINE_ACCOUNT", "LEAD_MAKERS", "DAY_LIMITS", "MARK", "LIST", "EXPIRE", "CASCADE"],
}  # fmt: skip


def table(seen: dict[str, int]) -> str:
    """Heading by heading how often each feature was seen, the missing ones at the end."""
    lines = []
    for heading, names in WANTED.items():
        words = [f"{_without(name, names)} {seen.get(name, 0):,}" for name in names]
        lines.append(f"{heading}: {', '.join(words)}")
    missing = never_seen(seen)
    return "\n".join([*lines, f"never seen: {', '.join(missing) or 'nothing'}"])


def never_seen(seen: dict[str, int]) -> list[str]:
    return [name for names in WANTED.values() for name in names if not seen.get(name, 0)]


def _without(name: str, names: list[str]) -> str:
    """A name without the words that all of its heading begin with."""
    words = [other.split() for other in names]
    common = 0
    while len(names) > 1 and len({tuple(other[: common + 1]) for other in words}) == 1:
        common += 1
    return " ".join(name.split()[common:])
