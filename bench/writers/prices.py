"""Prices of order messages in the units of a format."""

from decimal import Decimal

import numpy as np

from bench.readers.report import units_of
from bench.writers.order_flow import OrderFlow
from exchange.errors import UserError


def file_prices(
    flow: OrderFlow, messages: np.ndarray, scale: int, lowest: int, highest: int, form: str
) -> np.ndarray:  # fmt: skip
    """Prices in units of a format, int64.

    messages          of the flow, replacements split or not
    scale             units of a dollar
    lowest, highest   units that the format can have;  form: its name, for errors
    UserError: the tick is no whole number of units, or a price is out of range
    """
    units = units_of("tick", flow.tick, scale)
    ticks: np.ndarray = messages["price"]
    for place in np.flatnonzero((ticks < -(-lowest // units)) | (ticks > highest // units))[:1].tolist():
        what = f"{flow.symbol(int(messages['book'][place]))}: price {int(ticks[place]) * flow.tick:f}"
        bounds = " to ".join(f"{Decimal(bound) / scale:f}" for bound in (lowest, highest))
        raise UserError(f"{what}, allowed in {form}: {bounds}")
    return ticks * units
