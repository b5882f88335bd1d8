"""Every format has the prices that the source has; one that a format cannot have is refused."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from bench.facts.collect import collect
from bench.readers.dbn import read_dbn
from bench.readers.itch import read_itch
from bench.readers.lobster import read_lobster
from bench.readers.report import ImportOptions
from bench.tapes.tape import TICK_NOTE
from bench.writers.dbn import records_of, write_dbn
from bench.writers.hftbacktest import write_hftbacktest
from bench.writers.itch import write_itch
from bench.writers.lobster import write_lobster
from bench.writers.order_flow import order_flow
from bench.writers.prices import file_prices
from exchange.errors import UserError
from tests.bench.itch_file import write_day
from tests.bench.writers.test_order_flow import some_orders


@pytest.mark.rule("TAPE-005")
def test_prices_of_an_itch_file_stay_dollars_in_every_format(tmp_path: Path) -> None:
    day = read_itch(write_day(tmp_path))
    assert day.tape.notes[TICK_NOTE] == "0.01" and day.tape.notes["options"]["lot"] == "1"
    flow = order_flow(day.tape)
    assert flow.symbols == ["AAPL"] and collect(day.tape, "AAPL").tick == "0.01"
    assert records_of(flow)["price"][0] == 100 * 10**9
    write_hftbacktest(flow, 0, tmp_path / "day.npz")
    assert np.load(tmp_path / "day.npz")["data"]["px"][0] == 100.0
    out = tmp_path / "out"
    out.mkdir()
    assert read_itch(write_itch(flow, out)).levels == day.levels
    assert read_lobster(*write_lobster(flow, 0, out)).commands["price"][0] == 10_000


@pytest.mark.rule("TAPE-013")
def test_dbn_keeps_a_tick_of_a_quarter(tmp_path: Path) -> None:
    path, options = tmp_path / "a.dbn", ImportOptions(tick=Decimal("0.25"))
    write_dbn(order_flow(replace(some_orders(), notes={TICK_NOTE: "0.25"})), path)
    found = read_dbn(path, options)
    assert found.levels == [([(100, 5)], [])] and found.tape.notes[TICK_NOTE] == "0.25"
    assert records_of(order_flow(found.tape))["price"].tolist() == [25 * 10**9]


def test_price_that_a_format_cannot_have_is_refused() -> None:
    flow = order_flow(some_orders())
    assert file_prices(flow, flow.messages, 10_000, 0, 1_000, "X").tolist() == [1_000]
    with pytest.raises(UserError, match=r"BOOK-1: price 0\.100, allowed in X: 0 to 0\.0999"):
        file_prices(flow, flow.messages, 10_000, 0, 999, "X")
    messages = flow.messages.copy()
    messages["price"] = -5
    with pytest.raises(UserError, match=r"BOOK-1: price -0\.005, allowed in X: "):
        file_prices(flow, messages, 10_000, 0, 999, "X")
    with pytest.raises(UserError, match=r"tick 0\.001, allowed: a multiple of 0\.01"):
        file_prices(flow, messages, 100, 0, 999, "X")
