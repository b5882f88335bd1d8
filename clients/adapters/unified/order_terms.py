"""Arguments of ccxt's `create_order` as terms of `clients.order_requests.new_order`."""

from collections.abc import Callable, Mapping
from typing import Any

from exchange.units import price_from_text
from exchange.wire.requests import TifText

TIFS: dict[str, TifText] = {"GTC": "gtc", "IOC": "ioc", "FOK": "fok", "DAY": "day", "GTD": "gtd"}
TRIGGERS = ("triggerPrice", "stopPrice", "stopLossPrice")
KNOWN = ("timeInForce", "postOnly", "clientOrderId", "till", "displayAmount", "minAmount", "tag", *TRIGGERS)
# Parameter -> why the venue has no use for it. A value that asks for nothing, as `reduceOnly: False`, is let pass.
UNSUPPORTED = {
    "reduceOnly": "the venue has no reduce-only orders: look at fetch_positions and send the lots that close",
    "takeProfitPrice": "the venue has stops but no take-profit orders: use a limit order",
    "trailingAmount": "the venue has no trailing stops",
    "trailingPercent": "the venue has no trailing stops",
    "stopLoss": "the venue does not attach orders to orders",
    "takeProfit": "the venue does not attach orders to orders",
    "leverage": "margin follows from all positions of the account: no order has a leverage of its own",
    "cost": "orders have lots, not an amount of money",
}


class Unsupported(Exception):
    """The venue cannot do this; the text says why."""


def order_terms(kind: str, params: Mapping[str, Any], price_text: Callable[[Any], str]) -> dict[str, Any]:
    """Terms of an order, but side, lots, price and client order id.

    kind         `limit` or `market`; with a trigger price it becomes a stop
    price_text   a price of the caller as text on the tick
    Unsupported: the venue has no such order. ValueError: a parameter is wrong.
    """
    check_parameters(params)
    if kind not in ("limit", "market"):
        raise Unsupported(f"order type {kind!r} not in limit, market; a triggerPrice makes it a stop")
    terms: dict[str, Any] = {"order_type": kind, "tif": _tif(kind, params)}
    trigger = next((params[name] for name in TRIGGERS if params.get(name) is not None), None)
    if trigger is not None:
        terms |= {"order_type": "stop_limit" if kind == "limit" else "stop"}
        terms |= {"trigger_tick": price_from_text(price_text(trigger))}
    if params.get("postOnly") or str(params.get("timeInForce", "")).upper() == "PO":
        terms["post_only"] = "reject"
    if params.get("till"):
        terms["till_us"] = int(params["till"]) * 1000
    for name, term in (("displayAmount", "display_lots"), ("minAmount", "minimum_lots"), ("tag", "tag")):
        if params.get(name) is not None:
            terms[term] = params[name]
    return terms


def check_parameters(params: Mapping[str, Any]) -> None:
    """Raise Unsupported or ValueError for a parameter that would otherwise be ignored."""
    for name, value in params.items():
        if name in UNSUPPORTED and value:
            raise Unsupported(f"{name}: {UNSUPPORTED[name]}")
        if name not in KNOWN and name not in UNSUPPORTED:
            raise ValueError(f"params has {name!r}, which is not one of {', '.join(KNOWN)}")


def _tif(kind: str, params: Mapping[str, Any]) -> TifText:
    """The time in force. As elsewhere in ccxt, limit orders and stops stay, and market orders do not rest."""
    asked = str(params.get("timeInForce") or "").upper()
    has_trigger = any(params.get(name) is not None for name in TRIGGERS)
    if asked in ("", "PO"):
        return "gtd" if params.get("till") else "ioc" if kind == "market" and not has_trigger else "gtc"
    if asked not in TIFS:
        raise ValueError(f"timeInForce {asked!r} not in {', '.join((*TIFS, 'PO'))}")
    return TIFS[asked]
