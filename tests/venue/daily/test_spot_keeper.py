"""The keeper of spot months: one control for what has changed, none for what has not."""

from datetime import date
from pathlib import Path

import pytest

from exchange.codes import CommandKind
from exchange.journal.replay import read_frames
from tests.gateway.harness import Bench, NoSyncDisk
from tests.venue.daily.test_life_keeper import DAYS, Q1, open_on


def controls(bench: Bench) -> int:
    bench.settle()
    frames = read_frames(bench.folder, NoSyncDisk())
    return sum(1 for frame in frames for row in frame.rows if row["kind"] == CommandKind.SPOT_MONTHS)


@pytest.mark.rule("LIMIT-001", "MARGIN-005")
def test_a_window_that_begins_changes_weights_once_and_keeps_the_months_of_all_books(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=DAYS, symbols=Q1, day=date(2026, 12, 9)) as bench:
        months = bench.venue.states["book_months"].copy()
        open_on(bench, date(2026, 12, 9))
        before = controls(bench)
        open_on(bench, date(2026, 12, 11))
        bench.pass_ms(200)
        assert controls(bench) == before + 1
        weights = bench.venue.states["books"]["spot_weight"][0]
        symbols = {row.symbol: int(weights[row.index]) for row in bench.venue.table.listed}
        assert symbols["H100.G90.F27"] == symbols["H100.G90.Q1-27"] == 1 and symbols["H100.G90.G27"] == 0
        assert (bench.venue.states["book_months"] == months).all(), "full margin nets by these"
        bench.pass_ms(200)
        assert controls(bench) == before + 1
