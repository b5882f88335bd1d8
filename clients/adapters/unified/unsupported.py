"""Methods of ccxt that the venue has no use for, and why. `has` says false for each of them."""

_MARGIN = "margin follows from all positions of an account (portfolio margin): there is nothing to set"
_MONEY = "the operator of the venue moves money in and out; the protocol has no transfers"
_FUNDING = "futures are settled daily and deliver at the end: there is no funding"
_BORROW = "nothing is lent or borrowed here"

# Name in Python -> why it raises NotSupported.
METHODS = {
    "set_leverage": _MARGIN,
    "set_margin_mode": _MARGIN,
    "add_margin": _MARGIN,
    "reduce_margin": _MARGIN,
    "fetch_leverage": _MARGIN,
    "fetch_leverage_tiers": _MARGIN,
    "set_position_mode": "positions are net: long and short lots of an instrument cancel each other",
    "withdraw": _MONEY,
    "transfer": _MONEY,
    "fetch_deposit_address": _MONEY,
    "create_deposit_address": _MONEY,
    "fetch_deposits": _MONEY,
    "fetch_withdrawals": _MONEY,
    "fetch_funding_rate": _FUNDING,
    "fetch_funding_rates": _FUNDING,
    "fetch_funding_rate_history": _FUNDING,
    "fetch_funding_history": _FUNDING,
    "fetch_borrow_rate": _BORROW,
    "borrow_margin": _BORROW,
    "repay_margin": _BORROW,
    "close_position": "there are no reduce-only orders: send the lots that close the position",
    "create_market_buy_order_with_cost": "orders have lots, not an amount of money",
    "create_market_order_with_cost": "orders have lots, not an amount of money",
    "create_trailing_amount_order": "the venue has no trailing stops",
    "create_trailing_percent_order": "the venue has no trailing stops",
    "create_reduce_only_order": "there are no reduce-only orders: send the lots that close the position",
    "fetch_closed_orders": "the venue keeps ended orders by id: use fetch_order, or fetch_my_trades",
    "fetch_orders": "the venue keeps ended orders by id: use fetch_open_orders, fetch_order or fetch_my_trades",
}


def camel(name: str) -> str:
    """The name of a method as `has` spells it: `set_leverage` is `setLeverage`."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
