"""The venue's state of orders, fills and positions as reports, which NautilusTrader reconciles its own with."""

from decimal import Decimal
from typing import Any

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.reports import FillReport, OrderStatusReport, PositionStatusReport
from nautilus_trader.model.enums import LiquiditySide, OrderSide, OrderStatus, PositionSide
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, InstrumentId, TradeId, VenueOrderId

from clients.adapters.nautilus.instruments import NS_PER_US, money_of, price_of, quantity_of
from clients.adapters.nautilus.order_ids import nautilus_id
from clients.adapters.nautilus.order_requests import TIFS, TYPES
from exchange.units import MILLS_PER_DOLLAR
from exchange.wire.messages import Exec, Fill, OrderView, PositionView

QUOTE_TYPE = "quote"  # one side of a mass quote, which another program of the account has sent
TYPE_OF: dict[str, Any] = {word: kind for kind, word in TYPES.items()} | {
    QUOTE_TYPE: next(k for k, w in TYPES.items() if w == "limit")
}
TIF_OF: dict[str, Any] = {word: tif for tif, word in TIFS.items()}
SIDE_OF = {"b": OrderSide.BUY, "s": OrderSide.SELL}
LIQUIDITY_OF = {"maker": LiquiditySide.MAKER, "taker": LiquiditySide.TAKER}
STATUS_OF = {
    "pending": OrderStatus.ACCEPTED,
    "open": OrderStatus.ACCEPTED,
    "filled": OrderStatus.FILLED,
    "cancelled": OrderStatus.CANCELED,
    "rejected": OrderStatus.REJECTED,
    "expired": OrderStatus.EXPIRED,
}


def order_report(order: OrderView | Exec, name: InstrumentId, account: AccountId, now_ns: int) -> OrderStatusReport:
    """The state of an order. The venue does not say when it was entered, so its times are those of the report."""
    partial = order.filled_lots and order.state == "open"
    limited = order.order_type in ("limit", "stop_limit", QUOTE_TYPE)
    return OrderStatusReport(
        account_id=account,
        instrument_id=name,
        venue_order_id=VenueOrderId(str(order.order_id)),
        client_order_id=client_order_id(order.client_order_id),
        order_side=SIDE_OF[order.side],
        order_type=TYPE_OF[order.order_type],
        time_in_force=TIF_OF[order.tif],
        order_status=OrderStatus.PARTIALLY_FILLED if partial else STATUS_OF[order.state],
        price=price_of(order.price_tick) if limited else None,
        quantity=quantity_of(order.order_lots),
        filled_qty=quantity_of(order.filled_lots),
        avg_px=average(order.value_tick_lots, order.filled_lots),
        report_id=UUID4(),
        ts_accepted=now_ns,
        ts_last=now_ns,
        ts_init=now_ns,
    )


def fill_report(fill: Fill, name: InstrumentId, account: AccountId, currency: str, now_ns: int) -> FillReport:
    return FillReport(
        account_id=account,
        instrument_id=name,
        venue_order_id=VenueOrderId(str(fill.order_id)),
        client_order_id=client_order_id(fill.client_order_id),
        trade_id=trade_id(fill),
        order_side=SIDE_OF[fill.side],
        last_qty=quantity_of(fill.lots),
        last_px=price_of(fill.price_tick),
        commission=money_of(fill.fee_mills, currency),
        liquidity_side=liquidity(fill),
        report_id=UUID4(),
        ts_event=fill.time_us * NS_PER_US,
        ts_init=now_ns,
    )


def position_report(
    position: PositionView, name: InstrumentId, account: AccountId, now_ns: int
) -> PositionStatusReport:
    """A position. Its opening price is that since the last settlement."""
    return PositionStatusReport(
        account_id=account,
        instrument_id=name,
        position_side=PositionSide.LONG if position.lots > 0 else PositionSide.SHORT,
        quantity=quantity_of(abs(position.lots)),
        avg_px_open=average(position.value_tick_lots, position.lots),
        report_id=UUID4(),
        ts_last=now_ns,
        ts_init=now_ns,
    )


def client_order_id(text: str) -> ClientOrderId | None:
    """The id that a program of NautilusTrader has given an order; a quote has none."""
    return ClientOrderId(nautilus_id(text)) if text else None


def trade_id(fill: Fill) -> TradeId:
    """A trade of one order. Both sides of a trade have its number, so the order's is added."""
    return TradeId(f"{fill.trade_id}-{fill.order_id}-{fill.filled_lots}")


def liquidity(fill: Fill) -> Any:
    """Fills of an auction are neither of a maker nor of a taker."""
    return LIQUIDITY_OF.get(fill.liquidity, LiquiditySide.NO_LIQUIDITY_SIDE)


def average(value_tick_lots: int, lots: int) -> Decimal | None:
    """Average price in dollars; None: there are no lots."""
    return Decimal(value_tick_lots) / lots / MILLS_PER_DOLLAR if lots else None
