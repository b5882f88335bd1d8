"""The sequencer: numbers without gaps, time that never goes back."""

import pytest

from exchange.journal.sequencer import Sequencer
from tests.journal.helpers import ManualClock, commands


@pytest.mark.rule("DUR-084")
@pytest.mark.rule("DUR-025")
def test_time_rises_by_a_nanosecond_when_the_clock_stands_or_goes_back() -> None:
    clock = ManualClock(now_ns=1_000)
    sequencer = Sequencer(clock, sequence=0, time_ns=0)
    times = []
    for now_ns in (1_000, 1_000, 400, 5_000, 4_000):
        clock.time_ns = now_ns
        times.append(sequencer.tick())
    assert times == [1_000, 1_001, 1_002, 5_000, 5_001]


@pytest.mark.rule("DUR-043")
def test_rows_are_numbered_without_gaps_and_share_one_time() -> None:
    sequencer = Sequencer(ManualClock(now_ns=50), sequence=10, time_ns=80)
    first, second = commands(3), commands(1)
    sequencer.stamp(first)
    sequencer.stamp(second)
    assert first["sequence"].tolist() == [11, 12, 13] and second["sequence"].tolist() == [14]
    assert first["time_ns"].tolist() == [81, 81, 81] and second["time_ns"].tolist() == [82]
