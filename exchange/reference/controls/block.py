"""BLOCK: a reported block trade; no print and no order (LIMIT-006)."""

from collections.abc import Iterator
from typing import Any

from exchange.clearing_codes import CashReason, HouseAccount, Life
from exchange.codes import ComboKind, EventKind, MarketState, Side, TimeInForce
from exchange.reference.book import Order
from exchange.reference.clearing import Account, Instrument, Position
from exchange.reference.controls.adjust import report
from exchange.reference.controls.bust import held_now
from exchange.reference.entry import is_killed
from exchange.reference.market import Market

CLOSED = (MarketState.CLOSED, MarketState.HALT, MarketState.NONE)


def book_block(market: Market, payload: dict[str, Any]) -> None:
    """Book both sides at the price, take the fees, and tell both."""
    instrument, clearing = market.clearing.instruments[payload["instrument"]], market.clearing
    lots, price, fee = payload["lots"], payload["tick"], _fee(instrument, payload)
    sides = {payload["buyer"]: 1, payload["seller"]: -1}
    market.emit(
        EventKind.BLOCKED, account=payload["buyer"], seller=payload["seller"], instrument=instrument.index,
        trade_tick=price, lots=lots,
    )  # fmt: skip
    for number, sign in sides.items():
        position = clearing.accounts[number].positions.setdefault(instrument.index, Position())
        position.lots += sign * lots
        position.open_value_tick_lots += sign * lots * price
        clearing.post(clearing.accounts[number], HouseAccount.FEES, -fee)
    for number in sorted(sides):
        cash = {"cash_reason": CashReason.FEE, "amount_mills": -fee, "instrument": instrument.index}
        events = [(EventKind.CASH_MOVED, cash)] if fee else []
        report(market, number, [*events, held_now(market, number, instrument.index)])


def _fee(instrument: Instrument, payload: dict[str, Any]) -> int:
    fee: int = payload["fee_mills"] * instrument.fee_hours * payload["lots"]
    return fee


def block_refusal(market: Market, payload: dict[str, Any]) -> str:
    """The reason of the first check that fails; empty: none fails."""
    return next((reason for failed, reason in _checks(market, payload) if failed), "")


def _is_listed_outright(instrument: Instrument) -> bool:
    return instrument.combo == ComboKind.OUTRIGHT and instrument.life == Life.LISTED


def _checks(market: Market, payload: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    index, instruments = payload["instrument"], market.clearing.instruments
    yield payload["lots"] < payload["lots_min"], "BAD_LOT"
    yield index not in instruments or not _is_listed_outright(instruments[index]), "UNKNOWN_INST"
    yield market.market_state(index) in CLOSED, "STATE"
    yield not instruments[index].low_tick <= payload["tick"] <= instruments[index].high_tick, "BAND"
    yield not 0 <= payload["now_ns"] - payload["made_ns"] <= payload["report_ns"], "LATE"
    yield payload["buyer"] == payload["seller"], "BAD_COMBO"
    for side, number in ((Side.BUY, payload["buyer"]), (Side.SELL, payload["seller"])):
        yield number not in market.clearing.accounts, "UNKNOWN_ACCOUNT"
        account = market.clearing.accounts[number]
        yield is_killed(market, number, 0), "KILLED"
        yield from risk_checks(market, account, side, payload)


def risk_checks(market: Market, account: Account, side: Side, payload: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    """The checks of a new order, with the fee of a block in place of a taker's."""
    clearing, instrument, lots = market.clearing, market.clearing.instruments[payload["instrument"]], payload["lots"]
    order = Order(
        0,
        0,
        account.number,
        0,
        instrument.index,
        side,
        TimeInForce.DAY,
        0,
        payload["tick"],
        lots,
        lots,
        0,
        (0, 0, 0),
        0,
    )
    working = [*market.working(account.number), order]
    closes = clearing.only_closes(account, working, order)
    yield account.close_only and not closes, "CLOSE_ONLY"
    yield clearing.breaks_limit(account, working, order), "POSITION"
    hold = clearing.initial_margin_mills(account, working) - instrument.taker_fee * instrument.fee_hours * lots
    yield hold + _fee(instrument, payload) > clearing.funds_mills(account) and not closes, "RISK"
