"""The wire's own words for the integer codes, indexed by code, and the names of sessions."""

from functools import lru_cache

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
):
    assert len(words) == len(codes), "a word for every code"

_SESSION_PREFIX = "s_"


@lru_cache(maxsize=65_536)
def session_id(number: int) -> str:
    """`sid` of a session's number in rows, 0 has none."""
    return f"{_SESSION_PREFIX}{number:08x}" if number else ""


def session_number(text: str) -> int:
    """The number of a `sid`, 0 when it is none of ours."""
    digits = text.removeprefix(_SESSION_PREFIX)
    if len(digits) != 8 or digits == text or not set(digits) <= set("0123456789abcdef"):
        return 0
    return int(digits, 16)
