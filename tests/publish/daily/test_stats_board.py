"""The board of `stats` channels: which are sent, and when."""

import pytest

from exchange.publish.daily.stats import StatsChannel
from exchange.publish.daily.stats_board import CADENCE_US, StatsBoard
from exchange.publish.daily.wide_stats import WideStatsChannel
from tests.publish.daily.test_stats import figures
from tests.publish.helpers import H27, J27, Levels, table


@pytest.mark.rule("MDATA-018")
def test_only_changed_books_are_told_and_at_most_ten_times_a_second() -> None:
    source = Levels()
    board, channels = StatsBoard(source), [StatsChannel(11, 1, H27), StatsChannel(12, 2, J27)]
    assert not board.is_due(0)
    for channel in channels:
        board.open(channel)
    assert board.is_due(5) and board.due(5, 1, 1) == []
    assert not board.is_due(CADENCE_US) and board.is_due(CADENCE_US + 5)
    source.days[2] = figures(2841, 3)
    ((number, message),) = board.due(CADENCE_US + 5, 9, 8)
    assert (number, message.instrument, message.last_tick, message.engine_sequence, message.time_us) == (
        12,
        J27,
        2841,
        9,
        8,
    )
    assert board.due(2 * CADENCE_US + 5, 10, 9) == []
    board.close(channels[0])
    source.days[1] = source.days[2] = figures(2842, 4)
    assert [number for number, _ in board.due(3 * CADENCE_US, 11, 9)] == [12]


@pytest.mark.rule("MDATA-018", "MDATA-023")
def test_a_channel_of_many_instruments_shows_those_that_have_changed() -> None:
    source, instruments = Levels(), table()
    board, wide = StatsBoard(source), WideStatsChannel(13, lambda: [1, 2], instruments)
    assert not board.is_due(CADENCE_US)
    board.open(wide)
    assert board.is_due(5) and board.due(5, 1, 1) == []
    source.days[2] = figures(2841, 3)
    ((number, message),) = board.due(CADENCE_US + 5, 9, 8)
    assert number == 13 and [row.instrument for row in message.rows] == [J27]  # type: ignore[union-attr]
    board.close(wide)
    assert not board.is_due(9 * CADENCE_US)
