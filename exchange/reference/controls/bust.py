"""BUST: takes trades back (SEC-061)."""

from collections.abc import Iterator
from typing import Any

from exchange.clearing_codes import CashReason, HouseAccount, Life
from exchange.codes import ComboKind, EventKind
from exchange.reference.clearing import Position
from exchange.reference.controls.adjust import report
from exchange.reference.market import Market


def bust(market: Market, payload: dict[str, Any]) -> None:
    """Take back what each account traded, pay fees and remainders back, and report it."""
    clearing, changed = market.clearing, set()
    for trade in payload["trades"]:
        market.busted.add(trade["trade_id"])
        market.emit(EventKind.BUSTED, **{name: trade[key] for name, key in _TRADE.items()})
    for fill in payload["fills"]:
        account = clearing.accounts[fill["account"]]
        position = account.positions.setdefault(fill["instrument"], Position())
        position.lots -= fill["lots"]
        position.open_value_tick_lots -= fill["lots"] * fill["tick"]
        changed.add((account.number, fill["instrument"]))
    back = {paid["account"]: (paid["fee_mills"], paid.get("rounding_mills", 0)) for paid in payload["paid"]}
    for number, (fee, rounding) in back.items():
        clearing.post(clearing.accounts[number], HouseAccount.FEES, fee)
        clearing.post(clearing.accounts[number], HouseAccount.ROUNDING, rounding)
    for number in sorted({*(account for account, _ in changed), *(one for one in back if sum(back[one]))}):
        mills = sum(back.get(number, (0, 0)))
        events = [(EventKind.CASH_MOVED, {"cash_reason": CashReason.BUST, "amount_mills": mills})] if mills else []
        held = [held_now(market, number, index) for account, index in sorted(changed) if account == number]
        report(market, number, [*events, *held])


_TRADE = {"trade_id": "trade_id", "instrument": "instrument", "lots": "lots", "trade_tick": "tick"}


def held_now(market: Market, number: int, index: int) -> tuple[EventKind, dict[str, int]]:
    """The report of a position as it is now."""
    position = market.clearing.accounts[number].positions[index]
    values = {"position_lots": position.lots, "open_value_tick_lots": position.open_value_tick_lots}
    return EventKind.POSITION_CHANGED, {"instrument": index, "mark_tick": market.clearing.marks[index], **values}


def bust_refusal(market: Market, payload: dict[str, Any]) -> str:
    """The reason of the first check that fails; empty: none fails."""
    return next((reason for failed, reason in _checks(market, payload) if failed), "")


def _checks(market: Market, payload: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    accounts, instruments = market.clearing.accounts, market.clearing.instruments
    for trade in payload["trades"]:
        yield not 0 < trade["trade_id"] <= market.trades, "UNKNOWN"
        yield trade["trade_id"] in market.busted, "DONE"
    for fill in payload["fills"]:
        yield fill["account"] not in accounts, "UNKNOWN_ACCOUNT"
        one = instruments.get(fill["instrument"])
        yield one is None or one.life != Life.LISTED or one.combo != ComboKind.OUTRIGHT, "UNKNOWN_INST"
    for paid in payload["paid"]:
        yield paid["account"] not in accounts, "UNKNOWN_ACCOUNT"
    for index in {fill["instrument"] for fill in payload["fills"]}:
        fills = [fill for fill in payload["fills"] if fill["instrument"] == index]
        yield sum(fill["lots"] for fill in fills) != 0, "UNBALANCED"
        yield sum(fill["lots"] * fill["tick"] for fill in fills) != 0, "UNBALANCED"
    yield sum(paid.get("rounding_mills", 0) for paid in payload["paid"]) != 0, "UNBALANCED"
