"""Marks within the day, asked for by the venue's timer."""

from pathlib import Path

import msgspec
import pytest

from exchange.codes import BookFeature, CommandKind, MarketState
from exchange.engine import query
from exchange.journal.replay import read_frames
from exchange.units import NS_PER_DAY, NS_PER_S
from exchange.venue.day_schedule import DaySchedule
from tests.gateway.harness import START_NS, Bench, NoSyncDisk
from tests.venue.daily.test_settler import trade


def marks(bench: Bench) -> list[dict[str, object]]:
    """Payloads of the journal's MARK controls."""
    bench.settle()
    frames = [frame for frame in read_frames(bench.folder, NoSyncDisk()) if frame.payload and frame.records]
    return [msgspec.json.decode(frame.payload) for frame in frames if frame.rows[0]["kind"] == CommandKind.MARK]


@pytest.mark.rule("MARGIN-014")
def test_positions_are_marked_once_a_minute_if_something_has_printed(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        bench.pass_ms(100)
        assert marks(bench) == []
        trade(bench, 1, bench.price + 10, 5)
        bench.pass_ms(100)
        assert marks(bench) == [{}]
        trade(bench, 2, bench.price + 12, 5)
        for second in (20, 39):
            bench.clock.now += second * NS_PER_S
            bench.pass_ms(20)
        bench.pass_ms(2_000)
        assert len(marks(bench)) == 2, "one a minute"
        bench.clock.now += 120 * NS_PER_S
        bench.pass_ms(100)
        assert len(marks(bench)) == 2, "nothing has printed since"
        assert query.position(bench.venue.states, 2, 1).mark_tick == bench.price + 12


@pytest.mark.rule("MARGIN-014")
def test_a_day_that_has_printed_is_marked_on_after_a_restart(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        trade(bench, 1, bench.price, 5)
        bench.pass_ms(100)
        now = bench.clock.now
    with Bench(str(tmp_path)) as bench:
        bench.clock.now = now + 60 * NS_PER_S
        bench.pass_ms(100)
        before = len(marks(bench))
        bench.connect(bench.keys[2]).ask(bench.order(20, "a1", side="s", price_tick=bench.price - 40))
        bench.clock.now += 60 * NS_PER_S
        bench.pass_ms(100)
        assert len(marks(bench)) == before + 1
        assert query.position(bench.venue.states, 2, 1).mark_tick == bench.price - 40, "an ask below the last price"


@pytest.mark.rule("MARGIN-014", "BAND-012")
def test_positions_are_marked_two_seconds_after_a_market_has_reopened(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        trade(bench, 1, bench.price, 5)
        bench.pass_ms(100)
        assert marks(bench) == [{}], "the mark of this minute"
        window = bench.venue.states["guards"]["windows"][0, 1][:1]
        window["width_ticks"], window["pause_ns"] = 5, NS_PER_S
        bench.venue.states["books"]["features"][0, 1] = BookFeature.VELOCITY
        trade(bench, 2, bench.price + 6, 5)
        assert query.market_state(bench.venue.states, 1) == MarketState.RESERVED
        while query.market_state(bench.venue.states, 1) == MarketState.RESERVED:
            bench.pass_ms(10)
        bench.pass_ms(1_950)
        assert marks(bench) == [{}]
        bench.pass_ms(100)
        assert marks(bench) == [{}, {}]
        assert query.position(bench.venue.states, 2, 1).mark_tick == bench.price + 6


@pytest.mark.rule("SETTLE-007", "SESSION-001")
def test_noon_pays_variation_once_a_day_and_not_after_a_restart(tmp_path: Path) -> None:
    """The venue starts at 11:06."""
    with Bench(str(tmp_path), schedule=DaySchedule()) as bench:
        trade(bench, 1, bench.price + 10, 5)
        bench.clock.now += 52 * 60 * NS_PER_S
        bench.pass_ms(100)
        assert marks(bench)[-1] == {}
        bench.clock.now += 120 * NS_PER_S
        bench.pass_ms(100)
        paid = marks(bench)
        assert paid[-1] == {"pays": True, "day": bench.clock.now // NS_PER_DAY}
        assert query.position(bench.venue.states, 2, 1).unrealised_pnl_mills == 0
        bench.clock.now += 3_600 * NS_PER_S
        bench.pass_ms(100)
        assert marks(bench) == paid
    later_ns = bench.clock.now - START_NS
    with Bench(str(tmp_path), schedule=DaySchedule(), later_ns=later_ns) as again:
        again.pass_ms(100)
        assert marks(again) == [*paid, {}], "what changed before the stop may not be marked, but it is paid"
