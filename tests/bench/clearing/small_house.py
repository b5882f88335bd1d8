"""A house of a few months of one chip, with their combinations, on a small state."""

from bench.clearing.house import DAY, Filling, House, filled_house
from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from exchange.limits import MEDIUM

SYMBOLS = (
    "H100.G90.F27", "H100.G90.G27", "H100.G90.H27", "H100.G80.F27", "H100.G95.F27", "H100.G90.Q1-27", "H100.G90.F27/I",
    "H100.G95-G90.F27", "H100.G90.F27-G27", "H100.G90.F27:H27",
)  # fmt: skip
SMALL = Filling(accounts=20, positions_each=4, orders_each=5, combination_orders=30)


def small_house() -> House:
    return filled_house(SMALL, MEDIUM, [one for one in instruments_on(load_spec(), DAY) if one.symbol in SYMBOLS])
