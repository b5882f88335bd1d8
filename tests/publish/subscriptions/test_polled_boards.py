"""Channels that are looked at: each goes to its board, and each board has its own cadence."""

import pytest

from exchange.publish.daily.stats import StatsChannel
from exchange.publish.daily.wide_stats import WideStatsChannel
from exchange.publish.past.candle_channel import CandleChannel
from exchange.publish.past.candle_rows import MINUTE
from exchange.publish.prints import Prints
from exchange.publish.subscriptions.polled_boards import PolledBoards
from tests.publish.daily.test_stats import figures
from tests.publish.helpers import H27, Levels, table
from tests.publish.past.plain import Made
from tests.publish.past.test_trade_pages import events

SECOND_US = 1_000_000


@pytest.mark.rule("MDATA-018", "MDATA-023", "HIST-003")
def test_each_kind_of_channel_is_looked_at_until_it_is_closed() -> None:
    source, prints = Levels(), Prints()
    boards = PolledBoards(source)
    channels = [
        StatsChannel(1, 1, H27),
        WideStatsChannel(2, lambda: [1, 2], table()),
        CandleChannel(3, 1, H27, MINUTE, prints),
    ]
    for channel in channels:
        boards.open(channel)
    assert boards.due(0, 1, 1) == []
    source.days[1] = figures(2841, 3)
    prints.append(events([Made(1, 2, 60 * SECOND_US, 1, 2841, 3)]))
    assert sorted(number for number, _ in boards.due(SECOND_US, 2, 2)) == [1, 2, 3]
    assert boards.due(SECOND_US, 2, 2) == [], "no board is due again at once"
    for channel in channels:
        boards.close(channel)
    source.days[1] = figures(2842, 4)
    assert boards.due(9 * SECOND_US, 3, 3) == []
