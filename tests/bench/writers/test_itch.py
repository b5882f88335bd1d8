"""A tape that is written as ITCH and read again has the same books at the end."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.readers.converter import final_book_differences
from bench.readers.itch import library_levels, read_itch
from bench.writers.itch import stock_names, write_itch
from bench.writers.order_flow import order_flow
from exchange.engine import query
from exchange.errors import UserError
from exchange.units import NS_PER_DAY
from tests.bench.writers.test_order_flow import mixed_tape, some_orders


@pytest.mark.rule("TAPE-011")
def test_tape_to_itch_to_tape_keeps_all_levels_and_times(tmp_path: Path) -> None:
    flow = order_flow(mixed_tape(1_000, tick="0.01"))
    path = write_itch(flow, tmp_path)
    assert path.name == "12312026.NASDAQ_ITCH50"  # the flow starts at midnight UTC, which is evening in New York
    found = read_itch(path)
    assert found.levels == [query.depth(flow.engine.states, 1)]
    assert found.levels[0][0][:50] == library_levels(path, ["BOOK-1"])[0][0]
    assert final_book_differences(found.tape, found.levels) == []
    assert set(found.tape.commands["time_ns"].tolist()) <= set(flow.messages["time_ns"].tolist())


def test_long_symbols_have_names_of_their_own(tmp_path: Path) -> None:
    flow = order_flow(mixed_tape(200, books=3, tick="0.01"))
    flow = replace(flow, symbols=["H100.G90.F27", "H100.G90.G27", "AAPL"])
    assert stock_names(flow) == ["H100.G~1", "H100.G~2", "AAPL"]
    assert read_itch(write_itch(flow, tmp_path)).symbols == stock_names(flow)
    with pytest.raises(UserError, match=r"instruments 1 and 3 both have the name 'H100\.G~1' in ITCH"):
        stock_names(replace(flow, symbols=["H100.G90.F27", "B", "H100.G~1"]))


def test_tape_of_several_days_is_refused(tmp_path: Path) -> None:
    flow = order_flow(some_orders())
    messages = np.repeat(flow.messages, 2)
    messages["time_ns"] += [0, 2 * NS_PER_DAY]
    with pytest.raises(UserError, match=r"days after 1969-12-31, allowed in ITCH: one day"):
        write_itch(replace(flow, messages=messages), tmp_path)
