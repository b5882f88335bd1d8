"""A capture of a level feed becomes a checked book; gaps and wrong lines are found with their row."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from bench.readers.binance import read_binance
from bench.readers.level_book import EQUAL
from bench.readers.report import ImportOptions
from exchange.errors import UserError

SAMPLE = Path(__file__).parents[4] / "shared" / "data" / "binance" / "usdm_btcusdt_20240808.gz"
UNITS = ImportOptions(tick=Decimal("0.1"), lot=Decimal("0.001"))
LINES = [
    '5 {"stream":"x","data":{"e":"depthUpdate","s":"X","U":1,"u":5,"pu":0,"b":[["9.9","0.003"]],"a":[["10.1","1"]]}}',
    '5 {"stream":"x@bookTicker","data":{"e":"bookTicker","s":"X","u":4,"b":"9.9","B":"0.003","a":"10.1","A":"1.000"}}',
    '6 {"stream":"x@trade","data":{"e":"trade","s":"X","t":7,"p":"10.10","q":"0.500","m":false}}',
    '7 {"stream":"x@bookTicker","data":{"e":"bookTicker","s":"X","u":8,"b":"9.9","B":"0.003","a":"10.1","A":"1.000"}}',
    '8 {"stream":"x@depth","data":{"e":"depthUpdate","s":"X","U":6,"u":8,"pu":5,"b":[],"a":[["10.1","1.000"]]}}',
    '9 {"stream":"x@bookTicker","data":{"e":"bookTicker","s":"X","u":9,"b":"9.8","B":"0.001","a":"10.1","A":"1.000"}}',
]


def write(folder: Path, lines: list[str]) -> Path:
    path = folder / "capture.txt"
    path.write_text("".join(line + "\n" for line in lines))
    return path


@pytest.mark.rule("TAPE-015")
def test_known_capture_gives_its_book_checks_and_counts(tmp_path: Path) -> None:
    found = read_binance(write(tmp_path, LINES), UNITS)
    assert found.books["X"].levels() == ([(99, 3)], [(101, 1_000)])
    assert found.books["X"].checks == {EQUAL: 2} and not found.report.gaps and not found.report.first_bad
    assert found.report.counts == {"depth update": 2, "best bid and offer": 3, "trade": 1}
    assert found.report.notes["X"] == "1 bids and 1 asks; best levels 2 equal"


@pytest.mark.rule("TAPE-015")
@pytest.mark.skipif(not SAMPLE.is_file(), reason="the capture is not part of the project")
def test_real_capture_has_no_gap_and_its_best_levels_are_those_of_the_feed(tmp_path: Path) -> None:
    part = tmp_path / "part.gz"
    with gzip.open(SAMPLE) as file:
        part.write_bytes(gzip.compress(b"".join(file.readline() for _ in range(6_000)), 1))
    found = read_binance(part, UNITS)
    assert found.report.rows_in == 6_000 and not found.report.gaps and not found.report.unknown
    (book,) = found.books.values()
    assert set(book.checks) == {EQUAL} and book.checks[EQUAL] > 300 and len(book.levels()[0]) > 1_000


@pytest.mark.rule("TAPE-015")
def test_gaps_unknown_messages_and_old_updates_are_counted(tmp_path: Path) -> None:
    more = [
        '9 {"stream":"x@depth","data":{"e":"depthUpdate","s":"X","U":20,"u":22,"pu":19,"b":[],"a":[]}}',
        '9 {"stream":"x@depth","data":{"e":"depthUpdate","s":"X","U":3,"u":4,"pu":2,"b":[],"a":[]}}',
        '9 {"stream":"x@trade","data":{"e":"trade","s":"X","t":10,"p":"10.10","q":"0.500"}}',
        '9 {"stream":"x@kline","data":{"e":"kline","s":"X"}}',
        '9 {"result":null,"id":1}',
        '9 {"lastUpdateId":21,"bids":[["9.7","2"]],"asks":[["10.2","0.001"],["10.3","0.002"]]}',
    ]
    report = read_binance(write(tmp_path, [*LINES, *more]), UNITS).report
    assert report.gaps == {"depth updates missing": 1, "trades missing": 2}
    assert report.unknown == {"message 'kline'": 1, "line without a message": 1}
    assert report.skipped == {"depth update older than the book": 1}
    assert report.first_bad == "row 7: depth update after 19, the book has 8" and report.counts["snapshot"] == 1


@pytest.mark.rule("TAPE-015")
def test_feed_of_spot_markets_has_no_number_of_the_update_before(tmp_path: Path) -> None:
    spot = [line.replace('"pu":0,', "").replace('"pu":5,', "") for line in LINES]
    assert not read_binance(write(tmp_path, spot), UNITS).report.gaps
    late = [line.replace('"U":6', '"U":7') for line in spot]
    assert read_binance(write(tmp_path, late), UNITS).report.gaps == {"depth updates missing": 1}


@pytest.mark.rule("TAPE-005")
def test_bounds_of_time_price_and_symbol(tmp_path: Path) -> None:
    path = write(tmp_path, LINES)
    late = read_binance(path, ImportOptions(tick=Decimal("0.1"), lot=Decimal("0.001"), from_ns=6, to_ns=9))
    assert late.report.skipped == {"out of the time bounds": 3}
    low = read_binance(path, ImportOptions(tick=Decimal("0.1"), lot=Decimal("0.001"), high_tick=100))
    assert low.report.skipped == {"levels outside the price bounds": 2} and low.books["X"].levels()[1] == []
    with pytest.raises(UserError, match="no symbol Y, allowed: X"):
        read_binance(path, ImportOptions(tick=Decimal("0.1"), lot=Decimal("0.001"), symbols=("Y",)))
    two = write(tmp_path, [*LINES, LINES[2].replace('"s":"X"', '"s":"Y"').replace("6 ", "9 ", 1)])
    one = read_binance(two, ImportOptions(tick=Decimal("0.1"), lot=Decimal("0.001"), symbols=("X",)))
    assert one.report.skipped == {"messages of other symbols": 1}


@pytest.mark.rule("TAPE-015")
def test_other_kinds_of_messages_are_counted_by_name(tmp_path: Path) -> None:
    more = [
        '9 {"stream":"x@aggTrade","data":{"e":"aggTrade","s":"X","a":5,"p":"10.1","q":"1","f":1,"l":2}}',
        '9 {"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker","s":"X"}]}',
        '9 {"stream":"x@trade","data":{"e":"trade","s":"X","t":8,"p":"10.10","q":"0.5","b":88,"a":50}}',
        '9 {"stream":"x@bookTicker","data":{"u":10,"s":"X","b":"9.9","B":"0.003","a":"10.1","A":"1.000"}}',
    ]
    report = read_binance(write(tmp_path, [*LINES, *more]), UNITS).report
    assert report.unknown == {"message 'aggTrade'": 1, "array of the stream '!miniTicker@arr'": 1}
    assert report.counts == {"depth update": 2, "best bid and offer": 4, "trade": 2}


@pytest.mark.rule("TAPE-015")
def test_snapshot_before_the_first_update_is_that_of_the_first_symbol(tmp_path: Path) -> None:
    first = '4 {"lastUpdateId":1,"bids":[["9.7","2"]],"asks":[["10.2","0.001"]]}'
    found = read_binance(write(tmp_path, [first, *LINES]), UNITS)
    assert list(found.books) == ["X"] and found.books["X"].levels()[0] == [(99, 3), (97, 2_000)]


@pytest.mark.rule("TAPE-005")
@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "empty, allowed: lines of local time in ns, a space, and a message as JSON"),
        (LINES[1:3], "no depth update in 2 lines within the bounds"),
        (['5 {"price":7}'], "no depth update in 1 lines within the bounds"),
        (["time,price", "1,2"], r"row 1: begins with b'time,price', allowed: lines of local time"),
        ([*LINES, LINES[5][:-9]], "row 7: cut short or damaged: "),
        ([LINES[3], LINES[0]], "row 2: local time 5 ns is before that of the line before, 7 ns"),
        ([LINES[0].replace("9.9", "9.95")], r"row 1: price 9\.95 is not a multiple of the tick 0\.1"),
        ([LINES[0].replace("0.003", "0.0031")], r"row 1: size 0\.0031 is not a multiple of the lot 0\.001"),
        ([LINES[0].replace("9.9", "high")], "row 1: price 'high' is no number"),
        (
            [LINES[0].replace('[["9.9","0.003"]]', '"9"')],
            r"row 1: cut short or damaged: Expected `array`, got `str` - at `\$.b`",
        ),
        (
            [LINES[0], LINES[1].replace('"b":"9.9"', '"b":[]')],
            "row 2: cut short or damaged: Expected `str`, got `array`",
        ),
    ],
)
def test_wrong_lines_are_refused_with_their_row(lines: list[str], reason: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=reason) as caught:
        read_binance(write(tmp_path, lines), UNITS)
    assert "\n" not in str(caught.value)


def test_missing_units_and_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a capture of levels needs a tick and a lot, like 0\.1 and 0\.001"):
        read_binance(write(tmp_path, LINES), ImportOptions())
    with pytest.raises(UserError, match="no such file"):
        read_binance(tmp_path / "none", UNITS)
