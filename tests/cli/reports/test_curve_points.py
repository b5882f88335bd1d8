"""The same settlements are read from a running venue and from its folder."""

from pathlib import Path
from typing import Any

from clients.client import Session
from exchange.cli.reports.curve_points import CurvePoint, of_folder, read_venue
from exchange.main import RunningServer
from tests.clients.scenes import play
from tests.publish.daily.days import end_day, open_bench


def test_a_folder_has_its_last_two_settlements(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    with open_bench(str(folder)) as bench:
        first = bench.price
        (seed,) = of_folder(str(folder))
        assert (seed.tick, seed.before_tick, seed.method, seed.day) == (first, None, "SEED", "")
        end_day(bench, 1, (first + 10, 4), (first + 13, 2))
        end_day(bench, 3, (first + 20, 4), (first + 23, 2))
        row = bench.venue.table.row(1)
        last = bench.venue.market.daily.settlements.last(1)
    (read,) = of_folder(str(folder))
    assert read == CurvePoint(row.symbol, read.terms, first + 21, first + 11, "T1", "2026-11-19")
    assert (last.previous_settle_tick, last.price_tick, last.day) == (read.before_tick, read.tick, read.day)


def test_a_running_venue_tells_its_settlements(tmp_path: Path) -> None:
    async def scene(server: RunningServer, session: Session, *_: Any) -> None:
        points = await read_venue(server.url)
        symbols = {row.symbol: row.settle_tick for row in (await session.instruments()).values() if not row.combo}
        assert {point.symbol: point.tick for point in points} == symbols != {}
        assert {(point.method, point.day, point.before_tick) for point in points} == {("SEED", "", None)}

    play(tmp_path, scene)
