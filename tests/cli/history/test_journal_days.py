"""The trades of a journal, against FILL events one by one; instruments of books that are used again."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts_spec.instruments import instruments_on
from contracts_spec.periods import day_number
from exchange.clearing_codes import Life
from exchange.cli.history.journal_days import listed_symbols, replayed
from exchange.codes import CommandKind, EventFlag, EventKind
from exchange.engine.control.catalogue import Present, listing_payloads
from exchange.engine.control.endings.expire import BookEnd, ExpirePayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine
from exchange.engine.event_rows import FLAGS, INSTRUMENT, KIND, LOTS, TIME_NS, TRADE_ID, TRADE_TICK, read_rows
from exchange.journal.replay import recorded_limits, replay_folder
from tests.operator.asking import do
from tests.publish.daily.days import end_day, open_bench
from tests.publish.past.plain import Made
from tests.venue.daily.test_settler import trade


def prints_of(folder: Path) -> list[Made]:
    """Every print of a journal, from FILL events one by one."""
    found: dict[int, Made] = {}

    def take(events: Any) -> None:
        for row in read_rows(events):
            if row[KIND] == EventKind.FILL and not row[FLAGS] & EventFlag.INTERNAL and row[TRADE_ID] not in found:
                found[row[TRADE_ID]] = Made(
                    row[TRADE_ID], row[0], row[TIME_NS] // 1_000, row[INSTRUMENT], row[TRADE_TICK], row[LOTS]
                )  # fmt: skip

    replay_folder(str(folder), Engine(recorded_limits(str(folder))), take)
    return [found[number] for number in sorted(found)]


@pytest.mark.rule("HIST-004")
def test_every_trade_is_there_once_in_frames_that_follow_each_other(folder: Path) -> None:
    parts, symbols = replayed(str(folder))
    due, found = 1, []
    for part in parts:
        assert part.first == due
        due = part.last + 1
        for row in part.trades.tolist():
            number, sequence, time_ns, instrument, tick, lots = row[:6]
            assert part.first <= sequence <= part.last and time_ns == part.time_ns and instrument == 34734166
            found.append(Made(number, sequence, time_ns // 1_000, 1, tick, lots))
    assert found == prints_of(folder) and len(found) > 5
    assert symbols == {34734166: "H100.G90.H27"} and listed_symbols(str(folder)) == {"H100.G90.H27"}


@pytest.mark.rule("HIST-004")
def test_a_trade_has_the_instrument_that_its_book_had_then(tmp_path: Path) -> None:
    folder, day = tmp_path / "venue", date(2026, 11, 19)
    with open_bench(str(folder)) as bench:
        end_day(bench, 1, (bench.price + 10, 4), (bench.price + 13, 2))
        end_day(bench, 3, (bench.price + 20, 4), (bench.price + 23, 2))
        ended, before = bench.venue.table.row(1), bench.instrument
        do(bench, "state", target="H100", to="closed")
        bench.opened.control(
            CommandKind.EXPIRE, encode_payload(ExpirePayload([BookEnd(1, Life.SETTLED)], 1, day_number(day)))
        )
        (new,) = [one for one in instruments_on(bench.opened.spec, day) if one.symbol == "H100.G90.J27"]
        present = Present({}, {(ended.group, False): 1}, [1])
        (payload,) = listing_payloads([new], bench.opened.spec, day, present=present)
        bench.opened.control(CommandKind.LIST, payload)
        bench.settle()
        for to in ("preopen", "open"):
            do(bench, "state", target="H100", to=to)
        bench.instrument = new.id
        trade(bench, 9, new.settle_tick, 7)
        past = bench.venue.market.prints.candles
        assert past.trades(1) == 1, "candles of the wire are of the instrument that the book has now"
    parts, symbols = replayed(str(folder))
    found = [(int(row["instrument"]), int(row["lots"])) for part in parts for row in part.trades]
    assert found == [(before, 4), (before, 2), (before, 4), (before, 2), (new.id, 7)]
    assert symbols == {before: "H100.G90.H27", new.id: "H100.G90.J27"}
    assert listed_symbols(str(folder)) == {*symbols.values()}
