"""SPOT_MONTHS: months in their spot window, and the limits on them (LIMIT-001)."""

import dataclasses
from typing import Any

from exchange.reference.market import Market


def set_spot_months(market: Market, payload: dict[str, Any]) -> None:
    """Set month and limit of each named commodity; each check counts the lots again."""
    commodities = market.clearing.commodities
    for one in payload["commodities"]:
        terms = {"spot_month": one["month"], "spot_lots_max": one["lots_max"]}
        commodities[one["commodity"]] = dataclasses.replace(commodities[one["commodity"]], **terms)
