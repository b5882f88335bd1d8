"""A tape that is written as a LOBSTER pair and read again has the same book after every message."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from bench.readers.lobster import read_lobster
from bench.writers.lobster import write_lobster
from bench.writers.order_flow import order_flow
from exchange.engine import query
from exchange.errors import UserError
from exchange.units import NS_PER_DAY
from tests.bench.readers.test_book_check import check
from tests.bench.writers.test_order_flow import mixed_tape


@pytest.mark.rule("TAPE-012")
@pytest.mark.parametrize("tick", ["0.01", "0.001", "0.25"])
def test_tape_to_lobster_to_tape_has_equal_book_states(tick: str, tmp_path: Path) -> None:
    flow = order_flow(mixed_tape(500, books=2, tick=tick))
    paths = write_lobster(flow, 1, tmp_path, levels=5)
    assert [path.name for path in paths] == [
        f"BOOK-2_2027-01-01_0_{last}_{kind}_5.csv" for kind in ("message", "orderbook") for last in [1]
    ]
    source = read_lobster(*paths, Decimal(tick))
    found = check(source)
    assert (found.matched, found.first_difference) == (found.messages, "")
    assert source.unknown_lots == source.out_of_order_fills == 0
    bids, asks = query.depth(flow.engine.states, 2, 5)
    last = source.book[-1].tolist()
    assert [tuple(level[0]) for level in last] == bids and [tuple(level[1]) for level in last] == asks


@pytest.mark.rule("TAPE-012")
def test_deep_files_reproduce_every_order_of_the_tape(tmp_path: Path) -> None:
    tape = mixed_tape(120, tick="0.01")
    flow = order_flow(tape)
    source = read_lobster(*write_lobster(flow, 0, tmp_path, levels=400))
    assert source.corrections == 0 and source.book.shape[1] == 400
    entered = source.commands[source.commands["kind"] == 1]
    taken = entered[entered["tif"] == 3]
    assert taken["lots"].sum() == sum(row["lots"] for row in flow.messages if row["kind"] == 5)


def test_name_of_a_file_has_no_slash(tmp_path: Path) -> None:
    flow = replace(order_flow(mixed_tape(50)), symbols=["H100.G90.F27/I"])
    assert write_lobster(flow, 0, tmp_path)[0].name.startswith("H100.G90.F27-I_2027-01-01_")


def test_tape_of_several_days_is_refused(tmp_path: Path) -> None:
    flow = order_flow(mixed_tape(10))
    messages = flow.messages.copy()
    messages["time_ns"][-1] += 3 * NS_PER_DAY
    with pytest.raises(UserError, match=r"the tape ends 3\.0 days after its first, allowed in LOBSTER: one day"):
        write_lobster(replace(flow, messages=messages), 0, tmp_path)
    assert not list(tmp_path.iterdir()) and np.all(np.diff(flow.messages["time_ns"]) >= 0)
