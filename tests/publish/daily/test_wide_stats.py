"""The days of many instruments on one channel: all in one message, then what has changed."""

from pathlib import Path

import pytest

from exchange.publish.daily import wide_stats
from exchange.publish.daily.wide_stats import WideStatsChannel
from exchange.wire.messages import ChannelSpec, Ok, StatsOfAll, Subscribe
from tests.gateway.harness import Bench, killed
from tests.publish.daily.test_stats import figures
from tests.publish.helpers import B200, H27, J27, LISTED, Levels, table
from tests.venue.daily.test_life_keeper import Q1
from tests.venue.daily.test_settler import trade


@pytest.mark.rule("MDATA-023", "MDATA-006")
def test_snapshot_changes_and_listings(monkeypatch: pytest.MonkeyPatch) -> None:
    source, listed = Levels(), list(LISTED[:2])
    instruments, books = table(listed), [1, 2]
    channel = WideStatsChannel(9, lambda: books, instruments)
    source.days[1] = figures(2841, 3)
    channel.open(source)
    (page,) = channel.snapshot(5, 4)
    assert isinstance(page, StatsOfAll) and page.snapshot and not page.more and page.previous is None
    assert [(row.instrument, row.volume_lots, row.last_tick) for row in page.rows] == [(H27, 3, 2841), (J27, 0, None)]
    assert channel.publish(source, 6, 5) == []
    source.days[2] = figures(2842, 1)
    (message,) = channel.publish(source, 6, 5)
    assert (message.previous, message.sequence, message.engine_sequence) == (1, 2, 6)
    assert [row.instrument for row in message.rows] == [J27]
    listed.append(LISTED[2])
    books.append(3)
    instruments.refresh()
    source.days[1] = figures(2843, 4)
    (message,) = channel.publish(source, 7, 6)
    assert [row.instrument for row in message.rows] == [H27, B200], "one has changed, one is new"
    books.remove(2)
    instruments.refresh()
    assert channel.publish(source, 8, 7) == []
    monkeypatch.setattr(wide_stats, "PAGE_ROWS", 1)
    pages = channel.snapshot(9, 8)
    assert [(page.rows[0].instrument, page.more) for page in pages] == [(H27, True), (B200, False)]  # type: ignore[attr-defined]
    source.days[1] = source.days[3] = figures(2850, 9)
    assert [(page.previous, page.sequence) for page in channel.publish(source, 9, 8)] == [(3, 4), (4, 5)]


def stats_of(bench: Bench, topic: str) -> StatsOfAll:
    row = ChannelSpec(name_of_channel="stats", topic=topic)
    reply, *data = bench.connect(bench.keys[3]).ask(Subscribe(request_id=50, channels=[row]))
    assert isinstance(reply, Ok) and [code for _, code in reply.channels or []] == [0]
    (page,) = data
    assert isinstance(page, StatsOfAll)
    return page


@pytest.mark.rule("MDATA-023", "MDATA-018")
def test_the_days_of_a_chip_come_in_one_message_also_after_a_restart(tmp_path: Path) -> None:
    with Bench(str(tmp_path / "one"), symbols=Q1) as bench:
        for request, tick, lots in ((1, bench.price + 4, 3), (2, bench.price - 5, 2)):
            trade(bench, request, tick, lots)
        before, everything = stats_of(bench, "H100"), stats_of(bench, "ALL")
        assert len(before.rows) == len(bench.venue.instruments) > 1 and everything.rows == before.rows
        day = next(row for row in before.rows if row.instrument == bench.instrument)
        assert (day.open_tick, day.day_high_tick, day.day_low_tick, day.last_tick) == (
            bench.price + 4, bench.price + 4, bench.price - 5, bench.price - 5,
        )  # fmt: skip
        value = 3 * (bench.price + 4) + 2 * (bench.price - 5)
        assert (day.volume_lots, day.value_tick_lots, day.open_interest_lots) == (5, value, 5)
        assert day.previous_settle_tick == bench.price
        with killed(bench, tmp_path / "two", symbols=Q1) as again:
            assert stats_of(again, "H100").rows == before.rows
