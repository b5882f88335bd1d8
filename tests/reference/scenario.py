"""Short scenarios on the reference, in the notation of `gpux conformance`."""

from typing import Any

from exchange.conformance.notation import read_scenarios
from exchange.conformance.runner import run_scenario
from exchange.conformance.venues import ReferenceVenue
from exchange.reference.book import Order
from exchange.reference.market import Market


def run(messages: str = "-", before: str = "-", parameters: str = "-") -> tuple[Market, list[str]]:
    """The market afterwards, and the events of the messages.

    before       entries of the book before, separated by `;`
    parameters   as in a scenario file, like `band=5 tick=2`
    """
    scenario = read_scenarios(f"S | - | {parameters} | {before} | {messages} | -", "t")[0]
    venue = ReferenceVenue()
    return venue.market, run_scenario(scenario, venue).events


def events(messages: str, before: str = "-", parameters: str = "-") -> list[str]:
    return run(messages, before, parameters)[1]


def order(number: int, side: int, price: int, lots: int, **fields: Any) -> Order:
    """An order of a book that stands alone; `number` is its id, entry and account."""
    return Order(number, number, number, 0, 1, side, 0, 0, price, lots, lots, 0, (0, 0, 0), 0, **fields)
