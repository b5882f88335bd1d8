"""`gpux replay --plot`: what is drawn is what the engine did."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.flows.flow import FLOWS
from bench.plot import (
    LEVELS,
    InstrumentHistory,
    busiest_instrument,
    check_plot,
    draw,
    draw_latency,
    follow,
    gateway_latency,
)
from bench.tapes.tape import Tape, TapeControl
from exchange.codes import EventFlag, EventKind
from exchange.conformance.venues import rows
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import MEDIUM
from exchange.records import COMMAND
from exchange.reference.rows import Command
from tests.bench.test_replay import run, small_tape
from tests.properties.tape import chunks, tape

COMBINATIONS = (4, 5, 6, 10)  # of the property market


class Recorded(Tape):
    """A random run as the determinism tests record it: implied groups, auctions, quotes, days."""

    def parts(self) -> Iterator[np.ndarray | TapeControl]:
        last = Command()
        for part in chunks(tape(12, 800), set()):
            if isinstance(part, list):
                last = part[-1]
                yield rows(part)
            else:
                control = Command(kind=part[0], sequence=last.sequence, time_ns=last.time_ns)
                yield TapeControl(rows([control]), json.dumps(part[1]).encode())


def state_after(tape: Tape) -> np.ndarray:
    engine = Engine(MEDIUM)
    for part in tape.parts():
        if isinstance(part, np.ndarray):
            engine.run_silently(part)
        else:
            engine.control(part.row, part.payload)
    return engine.states


def lots_traded(tape: Tape) -> Counter[int]:
    """By book: the lots of every trade, of which one or two FILL rows tell."""
    engine = Engine(MEDIUM)
    trades: dict[int, tuple[int, int]] = {}
    for part in tape.parts():
        events = engine.apply(part) if isinstance(part, np.ndarray) else engine.control(part.row, part.payload)
        fills = events[events["kind"] == EventKind.FILL]
        for fill in fills[fills["flags"] & EventFlag.INTERNAL == 0]:
            trades[int(fill["reference"])] = int(fill["instrument"]), int(fill["lots"])
    lots: Counter[int] = Counter()
    for index, count in trades.values():
        lots[index] += count
    return lots


def test_every_trade_and_the_last_book_are_followed() -> None:
    small = small_tape()
    history = follow(small, 1)
    states = state_after(small)
    assert len(history.trade_ticks) == small.notes["fills"] > 10
    assert sum(history.trade_lots) == int(states["books"][0]["volume_lots"][1])
    assert history.depth == query.depth(states, 1, LEVELS)
    assert (history.bids[-1], history.asks[-1]) == (history.depth[0][0][0], history.depth[1][0][0])
    assert history.times == sorted(history.times) and len(history.times) == len(history.bids) == len(history.asks)


def test_the_busiest_instrument_is_drawn() -> None:
    small = small_tape()
    assert busiest_instrument(small) == 1
    commands = small.commands.copy()
    commands["instrument"][commands["instrument"] == 1] = 3
    assert busiest_instrument(replace(small, commands=commands)) == 3
    with pytest.raises(UserError, match="no order was entered"):
        busiest_instrument(replace(small, commands=np.zeros(3, COMMAND)))


def test_a_figure_shows_prices_trades_volume_and_book() -> None:
    history = InstrumentHistory("H100.G90.F27", [0, 10**9], [99.0, np.nan], [101.0, 101.0], [5 * 10**8], [101], [7])
    history.depth = [(99, 4)], [(101, 2), (103, 1)]
    prices, book, volume = draw(history).axes
    assert prices.get_title() == "H100.G90.F27"
    assert prices.collections[0].get_offsets().tolist() == [[0.5, 101.0]]
    assert [bar.get_width() for bar in book.patches] == [4, 2, 1]
    assert sum(bar.get_height() for bar in volume.patches) == 7
    draw(InstrumentHistory("quiet", [7], [np.nan], [np.nan]))


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plot_from_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setitem(
        FLOWS, "mixed", replace(FLOWS["mixed"], warm_orders=300, accounts=5, books=3)
    )  # so that a small engine takes them
    file = tmp_path / f"day.{ending}"
    code, output, errors = run(capsys, "mixed", "--commands", 500, "--plot", file)
    assert (code, errors) == (0, "") and f"plot        {file}" in output
    assert file.read_bytes()[:5] == {"png": b"\x89PNG\r", "svg": b"<?xml", "pdf": b"%PDF-"}[ending]


def test_what_cannot_be_drawn_is_said_before_the_replay(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder.png").mkdir()
    cases = {
        tmp_path / "day.foo": "found ending '.foo', allowed: .png, .svg, .pdf",
        tmp_path / "no" / "x.png": "no folder",
        tmp_path / "folder.png": "this is a folder",
    }
    for path, why in cases.items():
        code, output, errors = run(capsys, "mixed", "--plot", path)
        assert (code, output) == (2, "") and why in errors and errors.count("\n") == 1
    monkeypatch.setattr("bench.extras.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'gpux\[plot\]'"):
        check_plot(tmp_path / "day.png")


def test_trades_of_implied_groups_are_followed_in_every_book() -> None:
    recorded = Recorded(
        np.concatenate([part for part in Recorded(np.zeros(0, COMMAND)).parts() if isinstance(part, np.ndarray)])
    )
    recorded = replace(recorded, limits="medium")
    traded = lots_traded(recorded)
    followed = {index: sum(follow(recorded, index).trade_lots) for index in range(1, 11)}
    assert followed == {index: traded[index] for index in followed}
    assert traded[1] and traded[2] and sum(traded[index] for index in COMBINATIONS) > 0


def test_orders_for_books_that_do_not_exist_are_not_drawn() -> None:
    small = small_tape()
    for instrument in (0, MEDIUM.books + 1, 2**32 - 1):
        commands = small.commands.copy()
        commands["instrument"][: len(commands) // 2] = instrument
        assert busiest_instrument(replace(small, commands=commands)) == 1
    commands["instrument"] = 7
    with pytest.raises(UserError, match="instrument 7, which is not listed"):
        follow(replace(small, commands=commands), busiest_instrument(replace(small, commands=commands)))


CURVE = {
    "closed_loop_acks_per_s": 2_000,
    "steps": [
        {"offered_per_s": 200, "p50_us": 100.0, "p99_us": 300.0, "p99.9_us": 900.0},
        {"offered_per_s": 2_000, "p50_us": 5_000.0, "p99_us": 9_000.0, "p99.9_us": 9_500.0},
    ],
}


def test_latency_is_drawn_at_each_offered_load() -> None:
    (axes,) = gateway_latency(CURVE).axes
    drawn = {line.get_label().split(",")[0]: line.get_xydata().tolist() for line in axes.get_lines()}
    assert drawn["p50"] == [[200, 100], [2_000, 5_000]] and drawn["p99.9"] == [[200, 900], [2_000, 9_500]]
    assert {x for x, _ in drawn["closed loop"]} == {2_000} and axes.get_yscale() == "log"


def test_a_picture_of_latency_that_cannot_be_written_is_an_error_of_the_user(tmp_path: Path) -> None:
    draw_latency(CURVE, tmp_path / "latency.png")
    assert (tmp_path / "latency.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError, match="--plot"):
        draw_latency(CURVE, tmp_path / "none" / "latency.png")
