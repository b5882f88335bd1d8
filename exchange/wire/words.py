"""The words of the wire for the engine's integer codes, indexed by code; session ids; ids of unlisted instruments."""

from functools import lru_cache

from exchange.clearing_codes import IndexHow, Standing
from exchange.codes import (
    CancelReason,
    KillParty,
    Liquidity,
    OrderState,
    OrderType,
    ProtectionState,
    Scope,
    Side,
    Threshold,
    TimeInForce,
)

SIDES = ("b", "s")
ORDER_TYPES = ("limit", "market", "mtl", "stop", "stop_limit", "quote")
TIFS = ("day", "gtc", "gtd", "ioc", "fok")
ORDER_STATES = ("", "pending", "open", "filled", "cancelled", "rejected", "expired")
LIQUIDITIES = ("", "maker", "taker", "auction")
CANCEL_REASONS = (
    "",
    "user",
    "ioc",
    "fok",
    "minq",
    "smp",
    "velocity",
    "ifm",
    "expired",
    "kill",
    "cod",
    "timer",
    "mmp",
    "cascade",
    "admin",
    "default",
)
KILL_PARTIES = ("venue", "risk")
SCOPES = ("account", "session", "firm")
PROTECTION_STATES = ("", "armed", "tripped")
THRESHOLDS = ("", "lots", "fills", "delta", "gpuh")
ACCOUNT_STATES = ("open", "close_only", "liquidating", "defaulted")  # by their margin
INDEX_KINDS = ("", "print", "carried", "delivered", "front", "committee", "last")  # how a day of an index got its value
# What that means to a reader of the index, by the same code (INDEX-003).
INDEX_STATES = ("HALTED", "OK", "CARRIED", "FALLBACK", "FALLBACK", "FALLBACK", "FALLBACK")

for words, codes in (
    (SIDES, Side),
    (ORDER_TYPES, OrderType),
    (TIFS, TimeInForce),
    (ORDER_STATES, OrderState),
    (LIQUIDITIES, (0, *Liquidity)),
    (CANCEL_REASONS, CancelReason),
    (KILL_PARTIES, KillParty),
    (SCOPES, Scope),
    (PROTECTION_STATES, ProtectionState),
    (THRESHOLDS, Threshold),
    (ACCOUNT_STATES, Standing),
    (INDEX_KINDS, IndexHow),
    (INDEX_STATES, IndexHow),
):
    assert len(words) == len(codes), "a word for every code"

CASH_CAUSES = ("deposit", "withdrawal", "variation", "fee", "adjustment", "shortfall", "bust")  # `why` of `cash`

# For `why` of `cod_fired`. A DISCONNECT has no request id. Its row and its event have in that place how the connection
# ended: SILENT if the client sent nothing, else 0. An expired dead-man timer counts as silence too.
SILENT = -1
DISCONNECT_CAUSES = ("dead", "cod")

# A row names an instrument by the index of its book. An instrument that is not listed has no book, so the row has its
# id instead. Indices are below INDICES_MAX and valid ids are not. A client may send a smaller number that is no valid
# id; it is moved up by NO_IDS, to a range without valid ids (no such family in SPEC-042).
INDICES_MAX = 1 << 16
NO_IDS = 0x7FFF_0000

_SESSION_PREFIX = "s_"


def reason_of_disconnect(cancel_reason: int, connection_end: int) -> str:
    """`why` of a `cod_fired`. `connection_end`: SILENT or 0, from its event."""
    is_dead = cancel_reason == CancelReason.TIMER or connection_end == SILENT
    return DISCONNECT_CAUSES[0 if is_dead else 1]


def unlisted_index(instrument: int) -> int:
    """The number that a row has in place of a book index, for an instrument that is not listed."""
    return instrument if instrument >= INDICES_MAX else NO_IDS + instrument


def unlisted_id(index: int) -> int:
    """The id of the unlisted instrument that a row names; 0 if `index` is the index of a book."""
    if index < INDICES_MAX:
        return 0
    return index - NO_IDS if NO_IDS <= index < NO_IDS + INDICES_MAX else index


@lru_cache(maxsize=65_536)
def session_id(number: int) -> str:
    """`sid` of a session by its number in rows; empty for 0."""
    return f"{_SESSION_PREFIX}{number:08x}" if number else ""


def session_number(text: str) -> int:
    """The number of a `sid`; 0 if the text is not one."""
    digits = text.removeprefix(_SESSION_PREFIX)
    if len(digits) != 8 or digits == text or not set(digits) <= set("0123456789abcdef"):
        return 0
    return int(digits, 16)
