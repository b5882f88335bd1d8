"""Generated flow is repeatable, has the mix it claims, and its predictions hold in an independent book."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from bench.flows.flow import DISTANCE_MAX, FLOWS, Flow, make_flow, random_words
from exchange.codes import CommandKind
from tests.bench.fifo_book import FifoBook

RECORDED = {
    "mixed": "35ba1eae1acbaf7d",
    "churn": "fd5ee96926b519d0",
    "passive": "3cb5afaaa19430a7",
    "sweep": "9cccd8539d7ac351",
}
SMALL = {name: replace(flow, commands=3_000, warm_orders=800) for name, flow in FLOWS.items()}


def digest(flow: Flow) -> str:
    return hashlib.sha256(flow.warm.tobytes() + flow.commands.tobytes()).hexdigest()


def test_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (make_flow(replace(SMALL["mixed"], seed=seed)) for seed in (7, 7, 8))
    assert digest(first) == digest(again) != digest(other)


def test_bytes_of_a_seed_are_those_recorded() -> None:
    hashes = {name: digest(make_flow(parameters))[:16] for name, parameters in SMALL.items()}
    assert hashes == RECORDED


def test_flow_is_the_same_with_compilation_off() -> None:
    script = (
        "from bench.flows.flow import *; import hashlib; from dataclasses import replace\n"
        "flow = make_flow(replace(FLOWS['mixed'], commands=3_000, warm_orders=800))\n"
        "print(hashlib.sha256(flow.warm.tobytes() + flow.commands.tobytes()).hexdigest())"
    )
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    plain = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert plain.stdout.strip() == digest(make_flow(SMALL["mixed"]))


def test_splitmix_words_are_those_of_the_published_generator() -> None:
    """Seed 0 of the reference program starts with these words (Vigna, splitmix64.c)."""
    words = [hex(word) for word in random_words(0, 0, 3)]
    assert words == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


@pytest.mark.parametrize("name", list(FLOWS))
@pytest.mark.parametrize("books", [1, 20])
def test_a_plain_book_makes_the_predicted_trades_and_refuses_nothing(name: str, books: int) -> None:
    flow = make_flow(replace(SMALL[name], books=books))
    book = FifoBook()
    book.apply(flow.warm)
    assert (len(book.orders), len(book.trades)) == (flow.resting[0], 0)
    book.apply(flow.commands)
    assert (len(book.orders), len(book.trades), book.unknown) == (flow.resting[1], flow.fills, 0)


def test_mix_is_about_what_was_asked_for() -> None:
    flow = make_flow(replace(FLOWS["mixed"], commands=50_000))
    mix = flow.mix()
    assert mix == pytest.approx(
        {"add": 52, "cancel": 38, "replace": 5, "aggressive": 5, "fills_per_aggressor": 3.6}, abs=0.7
    )
    assert flow.resting[0] == 30_000 and abs(flow.resting[1] - 30_000) < 1_500
    assert 900 < flow.levels[0] < 1_400


def test_sweeps_fill_about_ten_orders_each() -> None:
    flow = make_flow(replace(FLOWS["sweep"], commands=50_000))
    assert flow.mix()["fills_per_aggressor"] == pytest.approx(10, abs=0.7)


def test_prices_stay_within_the_cap_of_the_touch() -> None:
    flow = make_flow(replace(SMALL["passive"], commands=20_000))
    adds = flow.commands[flow.commands["kind"] == CommandKind.NEW]
    bids, asks = (adds["price"][adds["side"] == side] for side in (0, 1))
    assert bids.max() < asks.min()
    assert np.ptp(bids) <= DISTANCE_MAX + 10 and np.ptp(asks) <= DISTANCE_MAX + 10


def test_most_cancels_hit_recent_orders() -> None:
    flow = make_flow(replace(FLOWS["churn"], commands=20_000))
    entered = flow.parameters.warm_orders + np.cumsum(flow.steps["kind"] == 0)
    cancels = flow.steps["kind"] == 1
    recent = entered[cancels] - flow.steps["order"][cancels] < 4_096
    assert recent.mean() == pytest.approx(0.65, abs=0.06)
