"""TRANSFER: lots of one account go to another, without a fee and without a print."""

from collections.abc import Iterator
from typing import Any

from exchange.clearing_codes import Life
from exchange.codes import ComboKind, EventKind, MarketState, Side
from exchange.reference.clearing import Position
from exchange.reference.controls.adjust import report
from exchange.reference.controls.block import risk_checks
from exchange.reference.controls.bust import held_now
from exchange.reference.entry import is_killed
from exchange.reference.market import Market


def transfer(market: Market, payload: dict[str, Any]) -> None:
    """Book the lots at the price in both accounts, and report it."""
    index, lots, tick = payload["instrument"], payload["lots"], payload["tick"]
    changes = {payload["giver"]: -lots, payload["taker"]: lots}
    for number, signed in changes.items():
        position = market.clearing.accounts[number].positions.setdefault(index, Position())
        position.lots += signed
        position.open_value_tick_lots += signed * tick
    buyer, seller = sorted(changes, key=lambda number: -changes[number])
    market.emit(EventKind.TRANSFERRED, account=buyer, seller=seller, instrument=index, trade_tick=tick, lots=abs(lots))
    for number in sorted(changes):
        report(market, number, [held_now(market, number, index)])


def transfer_refusal(market: Market, payload: dict[str, Any]) -> str:
    """The reason of the first check that fails; empty: none fails."""
    return next((reason for failed, reason in _checks(market, payload) if failed), "")


def _checks(market: Market, payload: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    index, lots, clearing = payload["instrument"], payload["lots"], market.clearing
    giver, taker = payload["giver"], payload["taker"]
    yield lots == 0, "BAD_LOT"
    one = clearing.instruments.get(index)
    yield one is None or one.life != Life.LISTED or one.combo != ComboKind.OUTRIGHT, "UNKNOWN_INST"
    yield market.market_state(index) in (MarketState.CLOSED, MarketState.NONE), "STATE"
    instrument = clearing.instruments[index]
    yield not instrument.low_tick <= payload["tick"] <= instrument.high_tick, "BAND"
    yield giver == taker, "BAD_COMBO"
    yield giver not in clearing.accounts or taker not in clearing.accounts, "UNKNOWN_ACCOUNT"
    held = clearing.accounts[giver].positions.get(index, Position()).lots
    yield lots * held <= 0 or abs(lots) > abs(held), "POSITION"
    gives, takes = (Side.SELL, Side.BUY) if lots > 0 else (Side.BUY, Side.SELL)
    deal = {**payload, "lots": abs(lots), "fee_mills": 0}
    yield from risk_checks(market, clearing.accounts[giver], gives, deal)
    yield is_killed(market, taker, 0), "KILLED"
    yield from risk_checks(market, clearing.accounts[taker], takes, deal)
