"""Deposits, withdrawals, and adjustments that name a settlement (MARGIN-015, SETTLE-011)."""

from collections.abc import Sequence
from datetime import date

from exchange.reference.house.calls import look_at_call
from exchange.reference.house.margin import free_mills
from exchange.reference.house.state import HouseState

ADJUSTED_MAX = 10**15  # mills of one account


def deposit(state: HouseState, name: str, mills: int) -> str | None:
    """Pay in; a call is looked at at once. Returns the reason of a refusal."""
    if mills < 1:
        return "BAD_QTY"
    member = state.member(name)
    state.ledger.post(state.now_ns, "deposit", "bank", name, mills)
    look_at_call(state, member)
    state.touch()
    return None


def withdraw(state: HouseState, name: str, mills: int) -> str | None:
    """Pay out of free funds. Returns the reason of a refusal."""
    if mills < 1:
        return "BAD_QTY"
    if mills > free_mills(state, state.member(name)):
        return "RISK"
    state.ledger.post(state.now_ns, "withdrawal", name, "bank", mills)
    state.touch()
    return None


def adjust(state: HouseState, day: date, symbol: str, amounts: Sequence[tuple[str, int]]) -> str | None:
    """Correct a settlement by cash: what some pay others receive. Returns the reason of a refusal."""
    if not is_settled(state, day, symbol):
        return "UNKNOWN"
    if sum(mills for _, mills in amounts):
        return "UNBALANCED"
    if any(abs(mills) > ADJUSTED_MAX for _, mills in amounts):
        return "OUT_OF_RANGE"
    for name, mills in amounts:
        state.ledger.post(state.now_ns, "adjustment", "variation", state.member(name).name, mills)
    state.touch()
    return None


def settle_again(state: HouseState, day: date, symbol: str) -> str:
    """A published settlement is never changed; the house publishes each day's by itself."""
    return "FROZEN" if is_settled(state, day, symbol) else "UNKNOWN"


def is_settled(state: HouseState, day: date, symbol: str) -> bool:
    """Whether a settlement of that day was published."""
    return any(one.day == day for one in state.settled.get(symbol, []))
