"""Hawkes flow: mean rates are those of the theory, and each type excites as its matrix says."""

from dataclasses import replace

import numpy as np
import pytest

from bench.flows.hawkes import LIMIT, MARKET, TYPES, Hawkes, hawkes
from bench.flows.stepping import run_process
from exchange.codes import CommandKind, TimeInForce
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import COMMAND
from exchange.units import NS_PER_S


def rates_of(rows: np.ndarray) -> np.ndarray:
    seconds = np.ptp(rows["time_ns"]) / NS_PER_S
    new, market = rows["kind"] == CommandKind.NEW, rows["tif"] == TimeInForce.IOC
    counts = [np.count_nonzero(new & ~market & (rows["side"] == side)) for side in (0, 1)]
    counts += [np.count_nonzero(rows["kind"] == CommandKind.CANCEL) / 2] * 2
    counts += [np.count_nonzero(market & (rows["side"] == side)) for side in (0, 1)]
    return np.array(counts) / seconds


def test_mean_rates_are_those_of_the_branching_matrix() -> None:
    process = hawkes(2)
    tape = run_process(process, 60_000)
    found = rates_of(tape.commands[tape.resting_rows :])
    assert found == pytest.approx(Hawkes().rates, rel=0.12)
    assert process.worlds["changed"][0] == 0, "no event had to be another one"


def test_the_book_keeps_its_size_and_both_sides() -> None:
    tape = run_process(hawkes(5), 30_000)
    engine = Engine(NAMED[tape.limits])
    for control in tape.controls:
        engine.control(control.row, control.payload)
    for start in range(0, len(tape.commands), 5_000):
        engine.run_silently(tape.commands[start : start + 5_000])
        if start > tape.resting_rows:
            orders = engine.states["orders"][0]
            counts = [np.count_nonzero((orders["resting"] == 1) & (orders["side"] == side)) for side in (0, 1)]
            assert min(counts) > 60 and max(counts) < 450


def test_a_process_that_excites_itself_clusters_and_a_poisson_process_does_not() -> None:
    poisson = Hawkes(base=Hawkes().rates, branching=np.zeros((TYPES, TYPES)))
    spread = []
    for model in (Hawkes(), poisson):
        tape = run_process(hawkes(1, model), 20_000)
        times = tape.commands["time_ns"][tape.resting_rows :]
        counts = np.bincount((times - times[0]) // NS_PER_S)[:-1]
        spread.append(counts.var() / counts.mean())
    assert spread[0] > 3 and spread[1] == pytest.approx(1, abs=0.3)


def test_a_matrix_that_explodes_or_empties_the_book_is_refused() -> None:
    with pytest.raises(UserError, match="not stationary"):
        Hawkes(branching=np.eye(TYPES))
    with pytest.raises(UserError, match="empty the book"):
        Hawkes(base=np.array([1.0, 1.0, 50.0, 50.0, 0.6, 0.6]))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"base": np.zeros(TYPES)}, "sum 0"),
        ({"base": np.full(TYPES, np.nan)}, "not finite"),
        ({"beta": np.full(TYPES, np.inf)}, "not finite"),
        ({"base": np.array([-1.0, 6, 3, 3, 1, 1])}, "negative"),
        ({"distance_ticks": -1.0}, "distance_ticks"),
    ],
)
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, np.ndarray], text: str) -> None:
    with pytest.raises(UserError, match=text):
        replace(Hawkes(), **wrong)


def test_default_radius_is_below_one_and_excitation_is_symmetric_in_the_sides() -> None:
    model = Hawkes()
    swapped = [place ^ 1 for place in range(TYPES)]
    assert model.radius == pytest.approx(0.6, abs=0.05)
    assert np.array_equal(model.branching, model.branching[np.ix_(swapped, swapped)])
    assert model.branching[LIMIT, MARKET + 1] == 0.9, "a sale brings bids back"
    assert COMMAND.itemsize == 128
