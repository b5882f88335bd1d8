"""The same settlements are read from a running venue and from its folder."""

from datetime import date
from pathlib import Path
from typing import Any

from clients.client import Session
from contracts_spec.instruments import instruments_on
from contracts_spec.periods import day_number
from exchange.clearing_codes import Life
from exchange.cli.reports.curve_points import CurvePoint, of_folder, read_venue
from exchange.cli.trading.place import Access
from exchange.codes import CommandKind
from exchange.engine.control.catalogue import Present, listing_payloads
from exchange.engine.control.endings.expire import BookEnd, ExpirePayload
from exchange.engine.control.registry import encode_payload
from exchange.main import RunningServer
from tests.clients.scenes import play
from tests.operator.asking import do
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


def test_an_instrument_whose_book_had_another_has_no_settlement_before_its_first(tmp_path: Path) -> None:
    folder, day = tmp_path / "venue", date(2026, 11, 19)
    with open_bench(str(folder)) as bench:
        end_day(bench, 1, (bench.price + 10, 4), (bench.price + 13, 2))
        end_day(bench, 3, (bench.price + 20, 4), (bench.price + 23, 2))
        ended = bench.venue.table.row(1)
        do(bench, "state", target="H100", to="closed")
        expiry = ExpirePayload([BookEnd(1, Life.SETTLED)], 1, day_number(day))
        bench.opened.control(CommandKind.EXPIRE, encode_payload(expiry))
        (new,) = [one for one in instruments_on(bench.opened.spec, day) if one.symbol == "H100.G90.J27"]
        present = Present({}, {(ended.group, False): 1}, [1])
        (payload,) = listing_payloads([new], bench.opened.spec, day, present=present)
        bench.opened.control(CommandKind.LIST, payload)
        bench.settle()
    (read,) = of_folder(str(folder))
    assert read == CurvePoint("H100.G90.J27", read.terms, new.settle_tick, None, "SEED", "")


def test_a_running_venue_tells_its_settlements(tmp_path: Path) -> None:
    async def scene(server: RunningServer, session: Session, *_: Any) -> None:
        points = await read_venue(Access(server.url))
        symbols = {row.symbol: row.settle_tick for row in (await session.instruments()).values() if not row.combo}
        assert {point.symbol: point.tick for point in points} == symbols != {}
        assert {(point.method, point.day, point.before_tick) for point in points} == {("SEED", "", None)}

    play(tmp_path, scene)
