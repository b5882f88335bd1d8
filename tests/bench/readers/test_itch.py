"""ITCH files become tapes whose books are those that two other libraries build of the same file."""

import gzip
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from itch.parser import MessageParser

from bench.extras import check_package
from bench.flows.flow import FLOWS, make_flow
from bench.readers.converter import Levels, final_book_differences
from bench.readers.itch import library_levels, read_itch
from bench.readers.report import ImportOptions
from bench.tapes.market import engine_at, flow_market, market_tape
from bench.tapes.tape import TICK_NOTE
from bench.writers.itch import write_itch
from bench.writers.order_flow import order_flow
from exchange.codes import EventKind
from exchange.engine import query
from exchange.errors import UserError
from exchange.records import column
from tests.bench.itch_file import DAY, LEVELS, add, directory, execute, message, write_day

CENTS: dict[str, object] = {TICK_NOTE: "0.01"}


def itchfeed_levels(path: Path) -> Levels:
    """The book of a file as `itchfeed` reads it, in plain Python; ticks of a cent."""
    orders: dict[int, tuple[str, int, int]] = {}
    with path.open("rb") as file:
        for found in MessageParser().parse_file(file):
            letter = found.message_type.decode()
            if letter in "AF":
                side = found.buy_sell_indicator.decode()
                orders[found.order_reference_number] = (side, found.price, found.shares)
            elif letter in "ECX":
                side, price, shares = orders[found.order_reference_number]
                less = found.cancelled_shares if letter == "X" else found.executed_shares
                orders[found.order_reference_number] = (side, price, shares - less)
            elif letter == "D":
                del orders[found.order_reference_number]
            elif letter == "U":
                side, _, _ = orders.pop(found.order_reference_number)
                orders[found.new_order_reference_number] = (side, found.price, found.shares)
    sides: dict[str, dict[int, int]] = {"B": defaultdict(int), "S": defaultdict(int)}
    for side, price, shares in orders.values():
        if shares:
            sides[side][price // 100] += shares
    return sorted(sides["B"].items(), reverse=True), sorted(sides["S"].items())


@pytest.fixture(scope="module")
def mixed_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of two books with all kinds of messages about orders."""
    flow = make_flow(replace(FLOWS["mixed"], commands=4_000, warm_orders=300, accounts=40, books=2, seed=7))
    tape = market_tape(flow_market(flow), [flow.warm, flow.commands], CENTS)
    return write_itch(order_flow(tape), tmp_path_factory.mktemp("itch"))


@pytest.mark.rule("TAPE-011")
def test_known_day_gives_its_book_trades_and_counts(tmp_path: Path) -> None:
    found = read_itch(write_day(tmp_path))
    assert (found.symbols, found.levels) == (["AAPL"], [LEVELS])
    assert final_book_differences(found.tape, found.levels) == []
    report = found.report
    assert (report.rows_in, report.hidden_trades, report.hidden_lots) == (12, 1, 500)
    assert report.counts["order replace"] == 1 and not report.skipped and not report.changed
    engine = engine_at(found.tape, found.tape.resting_rows)
    events = engine.apply(found.tape.commands[found.tape.resting_rows :])
    fills = events[events["kind"] == EventKind.FILL]
    assert list(zip(column(fills, "trade_tick").tolist(), fills["lots"].tolist(), strict=True))[::2] == [
        (10_000, 40),
        (10_100, 20),
    ]


@pytest.mark.rule("TAPE-005")
def test_file_that_does_not_say_its_end_may_be_cut_short(tmp_path: Path) -> None:
    assert read_itch(write_day(tmp_path, DAY[:-1])).report.gaps == {"no end-of-messages event: may be cut short": 1}
    for frames in (DAY, [*DAY[:-1], bytes(2)]):
        assert not read_itch(write_day(tmp_path, frames)).report.gaps


@pytest.mark.rule("TAPE-011")
def test_final_books_are_those_of_both_libraries_and_of_the_engine(mixed_day: Path) -> None:
    found = read_itch(mixed_day)
    assert found.symbols == ["BOOK-1", "BOOK-2"] and not found.report.skipped and not found.report.changed
    assert final_book_differences(found.tape, found.levels) == []
    for ours, theirs in zip(found.levels, library_levels(mixed_day, found.symbols), strict=True):
        assert (ours[0][:50], ours[1][:50]) == theirs and len(theirs[0]) > 40


@pytest.mark.rule("TAPE-011")
def test_one_symbol_is_imported_alone_and_packed_files_too(mixed_day: Path, tmp_path: Path) -> None:
    packed = tmp_path / (mixed_day.name + ".gz")
    packed.write_bytes(gzip.compress(mixed_day.read_bytes()))
    both, one = read_itch(mixed_day), read_itch(packed, ImportOptions(symbols=("book-2",)))
    assert (one.symbols, one.levels) == (["BOOK-2"], both.levels[1:])
    assert one.report.skipped["order messages of other symbols"] > 1_000
    with pytest.raises(UserError, match="no symbol NONE among the 2 symbols of its directory"):
        read_itch(mixed_day, ImportOptions(symbols=("NONE",)))


@pytest.mark.rule("TAPE-011")
def test_itchfeed_builds_the_same_book(tmp_path: Path) -> None:
    flow = make_flow(replace(FLOWS["mixed"], commands=1_500, warm_orders=300, accounts=40, seed=8))
    path = write_itch(order_flow(market_tape(flow_market(flow), [flow.warm, flow.commands], CENTS)), tmp_path)
    assert read_itch(path).levels == [itchfeed_levels(path)]


@pytest.mark.rule("TAPE-005")
def test_start_of_the_time_bounds_enters_the_book_that_stood_then(tmp_path: Path) -> None:
    whole = read_itch(write_day(tmp_path))
    start_ns = int(whole.tape.commands["time_ns"][-1])  # of the messages at 4 ns
    part = read_itch(write_day(tmp_path), ImportOptions(from_ns=start_ns))
    assert part.levels == whole.levels and part.tape.notes["source"] == whole.tape.notes["source"]
    assert part.report.changed["before the time bounds: only build the book"] == 4
    assert final_book_differences(part.tape, part.levels) == []
    early = read_itch(write_day(tmp_path), ImportOptions(to_ns=start_ns))
    assert early.levels == [([(10_000, 150), (9_900, 30)], [(10_100, 20)])]


@pytest.mark.rule("TAPE-005")
def test_messages_without_a_command_are_counted_by_reason_with_the_first_row(tmp_path: Path) -> None:
    extra = [execute(1, 5), add(77, "B", 1, 1_000_000, 4), add(91, "S", 5, 900_000, 4), add(92, "S", 5, 90_000_000, 4)]
    extra += [execute(92, 5), execute(78, 10), message("~", 4, b"abc"), message("~", 4, b"")]
    report = read_itch(write_day(tmp_path, [*DAY[:7], *extra, DAY[-1]])).report
    assert report.skipped == {
        "of an unknown order": 1,
        "order that crosses the book": 1,
        "order outside the price bounds": 1,
        "of an order that was skipped": 1,
    }
    assert report.changed == {"order id that rests already: the earlier order is cancelled": 1}
    assert report.unknown == {"type '~'": 2} and report.first_bad == "row 8: of an unknown order"


@pytest.mark.rule("TAPE-005")
def test_execution_out_of_turn_makes_its_order_smaller_without_a_trade(tmp_path: Path) -> None:
    found = read_itch(write_day(tmp_path, [*DAY[:6], execute(78, 20), DAY[-1]]))
    assert found.levels[0][0][0] == (10_000, 130) and final_book_differences(found.tape, found.levels) == []
    assert list(found.report.changed) == [
        "execution of an order that is not first at the best price: only made smaller"
    ]


@pytest.mark.rule("TAPE-005")
def test_ticks_and_lots_can_be_rescaled_and_what_is_between_is_refused(tmp_path: Path) -> None:
    tens = ImportOptions(tick=Decimal("0.1"), lot=Decimal(5))
    assert read_itch(write_day(tmp_path), tens).levels == [([(1_000, 20), (980, 7)], [])]
    with pytest.raises(UserError, match=r"row 4 at byte .*: size 50 is not a multiple of the lot 100"):
        read_itch(write_day(tmp_path), ImportOptions(lot=Decimal(100)))
    with pytest.raises(UserError, match=r"row 5 at byte 131: price 99 is not a multiple of the tick 10"):
        read_itch(write_day(tmp_path), ImportOptions(tick=Decimal(10)))
    with pytest.raises(UserError, match=r"tick 0.00001, allowed: a multiple of 0.0001"):
        read_itch(write_day(tmp_path), ImportOptions(tick=Decimal("0.00001")))


@pytest.mark.rule("TAPE-005")
def test_file_without_orders_or_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no message of 2 enters an order within the bounds"):
        read_itch(write_day(tmp_path, [DAY[0], directory("AAPL")]))
    with pytest.raises(UserError, match=r"its name has no date, as MMDDYYYY\.NASDAQ_ITCH50"):
        read_itch(write_day(tmp_path, name="some.itch"))
    with pytest.raises(UserError, match="no such file"):
        read_itch(tmp_path / "12302019.NASDAQ_ITCH50.gz")
    with pytest.raises(UserError, match="needs none_such, which is not installed"):
        check_package("reading x", "none_such", "research")


def test_engine_shows_the_book_of_the_tape(tmp_path: Path) -> None:
    found = read_itch(write_day(tmp_path))
    engine = engine_at(found.tape, len(found.tape.commands))
    assert query.depth(engine.states, 1) == LEVELS
    assert np.all(np.diff(found.tape.commands["time_ns"]) >= 0)
