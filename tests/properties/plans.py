"""Kinds of market life that a differential run goes through: each a market, shares of commands, and a chapter of them.

A seed decides the kind and everything in it, so that a seed and a number of commands say what happened.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from exchange.limits import MEDIUM
from tests.market import collared_market, curve_market, narrow_market, plain_market, property_market
from tests.properties.driver import Run, continuous
from tests.properties.flow import PLAIN, WEIGHTS

QUOTING = {
    **continuous(),
    "new": 40,
    "quote": 30,
    "protect": 1.5,
    "reset": 6,
    "state": 0.5,
    "clock": 1,
    "cancel_all": 2,
}
CURVES = {
    "new": 30, "take": 30, "curve": 8, "cancel": 3, "replace": 4, "cash": 0.5, "back": 9, "protect": 0.3, "reset": 3,
}  # fmt: skip
SPARE_ORDERS = 24  # that bystanders leave


@dataclass(frozen=True)
class Plan:
    """One kind of market life. `chapter` runs a few hundred commands."""

    name: str
    chapter: Callable[[Run], None]
    weights: dict[str, float] = field(default_factory=lambda: WEIGHTS)
    market: Callable[[], dict[str, Any]] = property_market
    crowd: int = 0

    def begin(self, seed: int) -> Run:
        return Run(seed, self.weights, compare_every=200 if self.crowd else 50, market=self.market(), crowd=self.crowd)


def _go(run: Run) -> None:
    run.go(400)


def _go_and_uncross(run: Run) -> None:
    run.go(450)
    run.auctions(1)


def _uncross(run: Run) -> None:
    run.auctions(4)
    run.go(120)


def _days(run: Run) -> None:
    run.days(3, 120)


PLANS = (
    Plan("everything", _go_and_uncross),
    Plan("trading", _go_and_uncross, continuous()),
    Plan("everything, days with new limits", _days),
    Plan("narrow windows", _go_and_uncross, {**WEIGHTS, "back": 12, "state": 0.5}, narrow_market),
    Plan("many states", _go, {**WEIGHTS, "state": 5, "back": 4, "disconnect": 3, "timer": 3, "kill": 1}),
    Plan("collars", _uncross, {**continuous(), "quote": 4, "back": 12, "state": 2}, collared_market),
    Plan("quoting", _go_and_uncross, QUOTING),
    Plan("trading, days with new limits", _days, {**continuous(), "state": 0.2}),
    Plan("plain orders", _go_and_uncross, PLAIN, plain_market),
    Plan("a full venue", _go, {**WEIGHTS, "kill": 0.1, "cancel_all": 0.2}, crowd=MEDIUM.orders - SPARE_ORDERS),
    Plan("makers of a curve", _go_and_uncross, CURVES, curve_market),
)


def plan_of(seed: int) -> Plan:
    return PLANS[seed % len(PLANS)]
