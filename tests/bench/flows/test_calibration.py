"""Round trips: the rates of a model come back from its tape, within a few standard errors."""

from dataclasses import replace

import numpy as np
import pytest

from bench.flows.calibration import (
    calibrate_queue_reactive,
    calibrate_zero_intelligence,
    rates_of,
    reference_of,
    shrinking_cancels,
    unit_lots,
)
from bench.flows.hawkes import hawkes
from bench.flows.notes import MARKET, note_tape
from bench.flows.queue_reactive import QUEUES, SIZES, QueueReactive, queue_reactive
from bench.flows.stepping import run_process
from bench.flows.zero_intelligence import DISTANCES, ZeroIntelligence, zero_intelligence
from bench.tapes.tape import Tape
from exchange.codes import CommandKind
from exchange.errors import UserError
from exchange.units import NS_PER_S

STILL = replace(QueueReactive(), follow=0.0)


def deviations(found: np.ndarray, errors: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Differences in standard errors, where a rate is identified."""
    known = ~np.isnan(errors)
    deviated: np.ndarray = (found[known] - expected[known]) / errors[known]
    return deviated


def test_rates_of_zero_intelligence_come_back() -> None:
    """Of 41 estimates none is off by more than 4 standard errors, and together they are off by about 1."""
    truth = ZeroIntelligence()
    model, rates = calibrate_zero_intelligence(run_process(zero_intelligence(5), 60_000))
    expected = {"limit": np.array(truth.limit), "cancel": np.array(truth.cancel), "market": np.array([truth.market])}
    off = np.concatenate([deviations(rates[name].values, rates[name].errors, expected[name]) for name in expected])
    assert len(off) == 2 * DISTANCES + 1 and np.abs(off).max() < 4 and np.sqrt(np.mean(off**2)) < 1.5
    assert np.array(model.limit) == pytest.approx(np.array(truth.limit), rel=0.1)
    assert model.lots == 1
    assert len(run_process(zero_intelligence(1, model), 200).commands) > 200


def test_rates_of_the_queue_reactive_model_come_back() -> None:
    """Cells with less than 30 events are left out: their errors are not normal."""
    model, rates = calibrate_queue_reactive(run_process(queue_reactive(5, STILL), 80_000), given=STILL)
    off = []
    for name, table in (("limit", STILL.limit), ("cancel", STILL.cancel), ("market", STILL.market)):
        often = rates[name].values > 30**0.5 * np.nan_to_num(rates[name].errors, nan=np.inf)
        off.append(deviations(rates[name].values[often], rates[name].errors[often], table[often]))
    errors = np.concatenate(off)
    assert len(errors) > 100 and np.abs(errors).max() < 5 and np.sqrt(np.mean(errors**2)) < 1.5
    assert model.follow == 0.0 and model.limit.shape == (QUEUES, SIZES)
    again = run_process(queue_reactive(1, replace(model, follow=0.5)), 500)
    assert again.state_hash


def test_a_rate_without_events_is_0_and_one_without_exposure_that_of_the_place_before() -> None:
    rates = rates_of(np.array([10.0, 0.0, 0.0]), np.full(3, 100.0))
    assert rates.values.tolist() == [0.1, 0.0, 0.0] and rates.identified.tolist() == [True, False, False]
    rates = rates_of(np.array([4.0, 0.0, 9.0, 0.0]), np.array([2.0, 0.0, 3.0, 5.0]))
    assert rates.values.tolist() == [2.0, 2.0, 3.0, 0.0] and rates.errors[0] == 1.0


def test_market_orders_count_by_the_lots_that_they_trade() -> None:
    """Market orders of the Hawkes flow are larger than its limit orders, so their rate is higher than their number."""
    tape = run_process(hawkes(3), 6_000)
    model, rates = calibrate_zero_intelligence(tape)
    notes, unit = note_tape(tape), unit_lots(tape, 1)
    traded, seconds = notes["traded_lots"][notes["kind"] == MARKET] / unit, np.ptp(notes["time_ns"]) / NS_PER_S
    assert model.market == pytest.approx(traded.sum() / 2 / seconds) and model.market > 1.2 * len(traded) / 2 / seconds
    assert rates["market"].errors[0] == pytest.approx(np.sqrt((traded**2).sum()) / 2 / seconds)


def test_a_size_that_nothing_left_is_left_as_the_nearest_one() -> None:
    cancel, market = np.zeros((QUEUES, SIZES)), np.zeros((QUEUES, SIZES))
    cancel[0, 2], market[0, 2], cancel[0, 4] = 0.3, 0.1, 0.7
    found = shrinking_cancels(cancel, market)
    assert found[0, :7].tolist() == pytest.approx([0.0, 0.4, 0.3, 0.4, 0.7, 0.7, 0.7])
    assert not found[1:].any()


def test_the_reference_price_is_the_mid_or_the_nearer_of_two() -> None:
    assert reference_of(100, 101, 0) == 101 and reference_of(100, 103, 90) == 102
    assert reference_of(100, 102, 99) == 101 and reference_of(100, 102, 105) == 102


def test_a_tape_without_resting_orders_is_refused() -> None:
    tape = run_process(zero_intelligence(1), 50)
    rows = tape.commands[tape.commands["kind"] != CommandKind.NEW]
    with pytest.raises(UserError, match="no order of instrument 1 can rest"):
        calibrate_zero_intelligence(Tape(rows, tape.controls, tape.limits, resting_rows=len(rows)))


def test_a_tape_without_cancels_is_refused() -> None:
    tape = run_process(zero_intelligence(1), 400)
    kept = tape.commands["kind"] != CommandKind.CANCEL
    with pytest.raises(UserError, match="no cancel within 20 ticks"):
        calibrate_zero_intelligence(replace(tape, commands=tape.commands[kept]))
