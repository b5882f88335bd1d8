"""What the clearing house does by the clock: the index comes before the marks of noon, spot months after."""

from datetime import date
from pathlib import Path

import pytest

from contracts_spec.periods import EPOCH
from exchange.codes import CommandKind
from exchange.journal.replay import read_frames
from exchange.units import NS_PER_DAY, NS_PER_HOUR
from exchange.venue.day_schedule import DaySchedule
from tests.gateway.harness import SYMBOL, Bench, NoSyncDisk


@pytest.mark.rule("INDEX-002", "SETTLE-007", "LIMIT-003")
def test_at_noon_the_index_is_taken_before_variation_and_the_limit_follows_it(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=DaySchedule(), symbols=(SYMBOL, "H100.G90.X26/I")) as bench:
        bench.pass_ms(50)
        bench.clock.now = (date(2026, 11, 18) - EPOCH).days * NS_PER_DAY + 12 * NS_PER_HOUR
        bench.pass_ms(1_100)
        wanted = (CommandKind.INDEX, CommandKind.MARK, CommandKind.SPOT_MONTHS)
        found = [
            CommandKind(int(frame.rows[0]["kind"])).name
            for frame in read_frames(bench.folder, NoSyncDisk())
            if frame.payload and frame.records and int(frame.rows[0]["kind"]) in wanted
        ]
        assert found == ["INDEX", "SPOT_MONTHS", "INDEX", "MARK", "SPOT_MONTHS"]
        assert int(bench.venue.states[0].commodities[2].spot_lots_max) == 500 * 720 // (720 - 17 * 24)
        sequence = bench.venue.sequence
        bench.pass_ms(2_000)
        assert bench.venue.sequence == sequence, "once"
