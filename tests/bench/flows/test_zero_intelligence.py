"""Zero intelligence: events come at the rates of their tables, whatever the book looks like."""

from typing import Any

import numpy as np
import pytest

from bench.flows.book_steps import MID_TICK
from bench.flows.stepping import run_process
from bench.flows.zero_intelligence import DISTANCES, FITTED_LIMITS, ZeroIntelligence, zero_intelligence
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, TimeInForce
from exchange.errors import UserError
from exchange.units import NS_PER_S

COMMANDS = 40_000


@pytest.fixture(scope="module")
def tape() -> Tape:
    return run_process(zero_intelligence(3), COMMANDS)


def test_each_kind_comes_at_its_rate(tape: Tape) -> None:
    rows = tape.commands[tape.resting_rows :]
    seconds = np.ptp(rows["time_ns"]) / NS_PER_S
    new = rows["kind"] == CommandKind.NEW
    market = new & (rows["tif"] == TimeInForce.IOC)
    model = ZeroIntelligence()
    for side in (0, 1):
        of_side = rows["side"] == side
        assert np.count_nonzero(new & ~market & of_side) / seconds == pytest.approx(sum(model.limit), rel=0.05)
        assert np.count_nonzero(market & of_side) / seconds == pytest.approx(model.market, rel=0.15)


def test_the_first_book_has_what_arrives_in_a_lifetime() -> None:
    warm = zero_intelligence(1).warm
    near = warm["price"][warm["price"] > MID_TICK] - MID_TICK
    assert np.bincount(near)[1] == round(1.85 / 0.71) and near.max() == DISTANCES
    assert np.array_equal(np.sort(MID_TICK + 1 - warm["price"][warm["price"] <= MID_TICK]), np.sort(near))


def test_defaults_are_the_published_rates() -> None:
    model = ZeroIntelligence()
    assert model.limit[:5] == FITTED_LIMITS and model.limit[5] == pytest.approx(1.92 * 6**-0.52)
    with pytest.raises(UserError, match=r"100\.000 market orders a second .* would empty the book"):
        ZeroIntelligence(market=100.0)


@pytest.mark.parametrize(
    "wrong", [{"limit": (-0.1,) + (2.0,) * (DISTANCES - 1)}, {"market": -1.0}, {"market": float("nan")}, {"lots": 0}]
)
def test_rates_and_lots_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="want finite rates of 0 or more, and 1 lot or more"):
        ZeroIntelligence(**wrong)
