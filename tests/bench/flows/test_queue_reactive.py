"""Queue-reactive flow: queues have their invariant distribution, and the reference price follows empty queues."""

from dataclasses import replace

import numpy as np
import pytest

from bench.flows.book_steps import BOOK, MID_TICK
from bench.flows.queue_reactive import QUEUES, SIZES, QueueReactive, queue_reactive
from bench.flows.stepping import Process, run_process
from bench.tapes.market import engine_at
from exchange.codes import CommandKind
from exchange.engine import query
from exchange.errors import UserError
from exchange.units import NS_PER_S

FIXED = replace(QueueReactive(), follow=0.0)


def sizes_over_time(process: Process, commands: int) -> np.ndarray:
    """Share of time of each size of each queue around the fixed reference price, shape (2, QUEUES, SIZES)."""
    tape = run_process(process, commands)
    engine = engine_at(tape, tape.resting_rows)
    rows, shares = tape.commands[tape.resting_rows :], np.zeros((2, QUEUES, SIZES))
    for index in range(len(rows) - 1):
        engine.run_silently(rows[index : index + 1])
        passed = rows["time_ns"][index + 1] - rows["time_ns"][index]
        for side, levels in enumerate(query.depth(engine.states, BOOK, QUEUES + 2)):
            lots = dict(levels)
            for queue in range(QUEUES):
                price = MID_TICK - queue if side == 0 else MID_TICK + 1 + queue
                shares[side, queue, min(lots.get(price, 0), SIZES - 1)] += passed
    return shares / shares.sum(axis=2, keepdims=True)


def test_without_market_orders_queues_have_their_invariant_distribution() -> None:
    """Half the sum of absolute differences of distributions. A queue forgets its size slowly: noise is about 0.05."""
    model = replace(FIXED, market=np.zeros((QUEUES, SIZES)))
    shares = sizes_over_time(queue_reactive(1, model), 60_000).mean(axis=0)
    assert (np.abs(shares - model.invariant).sum(axis=1) / 2).max() < 0.07
    assert np.abs(shares - FIXED.invariant).sum(axis=1)[0] / 2 > 0.2, "market orders make a difference"


def test_market_orders_meet_the_best_queue_so_farther_ones_are_a_little_larger() -> None:
    shares = sizes_over_time(queue_reactive(1, FIXED), 60_000).mean(axis=0)
    ratios = (shares @ np.arange(SIZES)) / (FIXED.invariant @ np.arange(SIZES))
    assert ratios[0] == pytest.approx(1, abs=0.05)
    assert np.all(ratios[1:] > 1) and np.all(ratios[1:] < 1.12)


def test_the_reference_price_moves_only_if_it_may_follow() -> None:
    still, moving = queue_reactive(1, FIXED), queue_reactive(1)
    run_process(still, 20_000)
    run_process(moving, 20_000)
    assert still.worlds["reference"][0] == MID_TICK + 1 != moving.worlds["reference"][0]


def test_no_order_stays_where_the_queues_no_longer_reach() -> None:
    process = queue_reactive(4, replace(QueueReactive(), redraw=0.5))
    tape = run_process(process, 20_000)
    engine = engine_at(tape, len(tape.commands))
    reference = int(process.worlds["reference"][0])
    for side, levels in enumerate(query.depth(engine.states, BOOK, 200)):
        for price, _ in levels:
            distance = reference - price if side == 0 else price - reference + 1
            assert -1 <= distance <= QUEUES + 1, "one event may still wait for its move"


def test_rates_are_those_of_the_tables() -> None:
    tape = run_process(queue_reactive(2, FIXED), 40_000)
    rows = tape.commands[tape.resting_rows :]
    seconds = np.ptp(rows["time_ns"]) / NS_PER_S
    expected = 2 * float((FIXED.invariant * FIXED.limit).sum())
    new = (rows["kind"] == CommandKind.NEW) & (rows["price"] > 1) & (rows["price"] < 16_384)
    assert np.count_nonzero(new) / seconds == pytest.approx(expected, rel=0.12)


def test_tables_that_cannot_be_are_refused() -> None:
    wrong = QueueReactive().cancel + 1.0
    with pytest.raises(UserError, match="nothing leaves an empty queue"):
        replace(QueueReactive(), cancel=wrong)
