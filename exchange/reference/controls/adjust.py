"""ADJUST: cash that some accounts pay others, to correct a settlement (SETTLE-011)."""

from typing import Any

from exchange.clearing_codes import CashReason, HouseAccount
from exchange.codes import EventFlag, EventKind
from exchange.reference.market import Market


def adjust(market: Market, payload: dict[str, Any]) -> None:
    """Pay every account its amount, and tell it."""
    named = [one.index for one in market.clearing.instruments.values() if one.instrument_id == payload["instrument_id"]]
    cash = {"cash_reason": CashReason.ADJUSTMENT, "trading_day": payload["day"], "instrument": [*named, 0][0]}
    for number, mills in sorted(payload["amounts"]):
        if mills:
            market.clearing.post(market.clearing.accounts[number], HouseAccount.VARIATION, mills)
    for number, mills in sorted(payload["amounts"]):
        if mills:
            report(market, number, [(EventKind.CASH_MOVED, {**cash, "amount_mills": mills})])


def report(market: Market, number: int, events: list[tuple[EventKind, dict[str, int]]]) -> None:
    """Tell an account events about its money and positions; the last one is followed by its margin (SETTLE-012)."""
    clearing, account = market.clearing, market.clearing.accounts[number]
    equity, funds = clearing.equity_mills(account), clearing.funds_mills(account)
    common = {
        "margin_held_mills": market.initial_margin_mills(account),
        "unpaid_gain_mills": equity - funds,
        "required_mills": account.required_mills,
    }
    for place, (kind, values) in enumerate(events):
        name = "equity_after_mills" if kind == EventKind.CASH_MOVED else "equity_mills"
        flags = EventFlag.MARGIN if place == len(events) - 1 else 0
        numbered = {"account": number, "account_sequence": market.next_number(number), "flags": flags, name: equity}
        market.emit(kind, **numbered, **values, **common)
    market.next_number(number)
