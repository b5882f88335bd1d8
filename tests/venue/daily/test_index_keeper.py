"""The index of a venue with its journal: prints come in by signed acts or not at all, noon takes the day."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from contracts_spec.periods import EPOCH
from contracts_spec.schema import Spec
from exchange.clearing_codes import Life
from exchange.codes import CommandKind, EventKind, MarketState, SettleMethod, StateReason
from exchange.engine import query
from exchange.engine.event_rows import INSTRUMENT, MARKET_STATE, read_rows
from exchange.engine.index_values import final_index_price, find_index, hours_left, known_ticks
from exchange.journal.replay import read_frames
from exchange.operator.reportable_positions import reportable_positions
from exchange.units import NS_PER_DAY, NS_PER_S
from exchange.venue import bootstrap
from exchange.venue.daily.index_days import next_day
from exchange.venue.daily.position_flags import position_flags
from exchange.venue.day_schedule import DaySchedule
from tests.gateway.harness import START_NS, SYMBOL, Bench, NoSyncDisk
from tests.operator.asking import do, refused
from tests.venue.daily.test_life_keeper import trade as trade_in

INDEX, MONTH, NEXT = "H100.G90", "H100.G90.X26/I", "H100.G90.Z26/I"
SEED = 2_810


@pytest.fixture
def external(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index contracts settle on an external source."""
    built_in = bootstrap.spec_of

    def changed(day: date) -> Spec:
        spec = built_in(day)
        products = [
            msgspec.structs.replace(one, index_source="EXT") if one.family == "IDX" else one
            for one in spec.products.product
        ]
        return msgspec.structs.replace(spec, products=msgspec.structs.replace(spec.products, product=tuple(products)))

    monkeypatch.setattr(bootstrap, "spec_of", changed)


@pytest.fixture
def bench(external: None, tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path), schedule=DaySchedule(), symbols=(SYMBOL, MONTH, NEXT)) as made:
        yield made


def move(bench: Bench, day: int, hour: int, minute: int = 0, second: int = 0) -> None:
    """Go to a time of November 2026 and let the venue's timers run."""
    at = (date(2026, 11, 1) + timedelta(days=day - 1) - EPOCH).days * NS_PER_DAY
    at += (hour * 60 + minute) * 60 * NS_PER_S + second * NS_PER_S
    assert at > bench.clock.now
    bench.clock.now = at
    bench.pass_ms(100)


def row(bench: Bench, symbol: str = MONTH) -> Any:
    return next(row for row in query.instruments(bench.venue.states) if row.symbol == symbol)


def book(bench: Bench, symbol: str = MONTH) -> Any:
    return bench.venue.states[0].books[row(bench, symbol).index]


def values(bench: Bench) -> list[str]:
    return [line.removeprefix(f"{INDEX} 2026-") for line in do(bench, "index_values")]


def give(bench: Bench, *prints: tuple[int, int]) -> list[str]:
    """Prints for days of November 2026."""
    return do(bench, "index", prints=[(INDEX, f"2026-11-{day:02d}", tick) for day, tick in prints])


def changes_of(bench: Bench, index: int) -> list[MarketState]:
    """The changes of one book's own state, as its events say."""
    pieces = reversed(list(bench.venue.history.newest_first()))
    rows = [row for piece in pieces for row in read_rows(piece[piece["kind"] == EventKind.STATE_CHANGED])]
    return [MarketState(row[MARKET_STATE]) for row in rows if row[INSTRUMENT] == index]


def lose_the_index(bench: Bench) -> None:
    """Days without a print, until one has no value: the 20th."""
    for day in (18, 19, 20, 21):
        through_the_close(bench, day - 1) if day > 18 else None
        move(bench, day, 12)
        bench.pass_ms(2_100)


def give_committee_value(bench: Bench) -> None:
    payload = {"committee": [{"index": 1, "day": (date(2026, 11, 20) - EPOCH).days, "tick": 2_805}], "by_two": True}
    bench.opened.control(CommandKind.INDEX, msgspec.json.encode(payload))
    bench.pass_ms(2_100)


def through_the_close(bench: Bench, day: int) -> None:
    move(bench, day, 20, 59, 59)
    move(bench, day, 21)
    bench.pass_ms(300)
    move(bench, day, 21, 6)


@pytest.mark.rule("INDEX-002", "SETTLE-008", "SETTLE-011")
def test_a_print_is_given_noon_takes_it_and_the_month_settles_by_the_index(bench: Bench) -> None:
    assert values(bench)[-1] == "11-16 2.810 PRINT", "every day before the start had the seed price"
    move(bench, 18, 12)
    assert values(bench)[-1] == "11-17 2.810 PRINT"
    move(bench, 19, 11)
    assert give(bench, (18, 2_900)) == [f"{INDEX} 2026-11-18 2.900"]
    assert values(bench)[-1] == "11-17 2.810 PRINT", "noon has not come"
    move(bench, 19, 12)
    assert values(bench)[-1] == "11-18 2.900 PRINT"
    why = refused(bench, "index", prints=[(INDEX, "2026-11-18", 2_901)])
    assert why.startswith("FROZEN: ")
    assert hours_left(bench.venue.states[0], book(bench)) == 720 - 18 * 24
    through_the_close(bench, 19)
    price = (2 * (17 * 24 * SEED + 24 * 2_900 + 12 * 24 * SEED) + 720) // (2 * 720)
    settled = row(bench)
    assert (settled.settle_tick, SettleMethod(int(book(bench).settle_method))) == (price, SettleMethod.INDEX)
    assert price == SEED + 3 and settled.state == MarketState.OPEN
    assert SettleMethod(int(book(bench, NEXT).settle_method)) == SettleMethod.T3, "its month has not begun"
    assert row(bench, NEXT).settle_tick == SEED + 3, "it follows the month before"


@pytest.mark.rule("SETTLE-009")
def test_the_final_price_is_the_mean_of_all_days_once_the_last_has_its_value(bench: Bench) -> None:
    for day in range(18, 30):
        give_at = 2_800 + day
        move(bench, day + 1, 11)
        give(bench, (day, give_at))
        move(bench, day + 1, 12)
        bench.pass_ms(2_100)
    state, month = bench.venue.states[0], book(bench)
    ticks = [SEED] * 17 + [2_800 + day for day in range(18, 30)]
    assert known_ticks(state, month) == ticks and final_index_price(state, month) is None
    move(bench, 31, 11)
    give(bench, (30, 2_900))
    move(bench, 31, 12)
    assert final_index_price(state, month) == (2 * (sum(ticks) + 2_900) + 30) // 60
    assert hours_left(state, month) == 0


@pytest.mark.rule("INDEX-003")
def test_a_month_waits_in_a_halt_for_its_committee_and_opens_with_the_value(bench: Bench) -> None:
    lose_the_index(bench)
    assert [line.split()[-1] for line in values(bench)] == ["PRINT", "PRINT", "CARRIED", "CARRIED", "MISSING"]
    assert (row(bench).state, row(bench).reason) == (MarketState.HALT, StateReason.HALT_INDEX)
    assert row(bench, NEXT).state == MarketState.OPEN == row(bench, SYMBOL).state
    through_the_close(bench, 21)
    bench.pass_ms(2_100)
    assert row(bench).state == MarketState.HALT, "also on the next day"
    assert changes_of(bench, row(bench).index) == [MarketState.HALT], "it did not open with its group"
    why = refused(bench, "committee", index=INDEX, day="2026-11-20", price=2_805)
    assert why.startswith("NEEDS_TWO: a committee's value of H100.G90 for 2026-11-20")
    give_committee_value(bench)
    assert row(bench).state == MarketState.OPEN
    assert values(bench)[-1] == "11-20 2.805 COMMITTEE"


@pytest.mark.rule("INDEX-005", "STATE-001")
def test_the_halt_of_an_operator_stays_whatever_the_index_does(bench: Bench) -> None:
    move(bench, 18, 12)
    do(bench, "state", target=MONTH, to="halt", admin=True)
    bench.pass_ms(3_000)
    assert (row(bench).state, row(bench).reason) == (MarketState.HALT, StateReason.HALT_ADMIN)
    do(bench, "state", target=MONTH, to="open")
    assert row(bench).state == MarketState.OPEN


@pytest.mark.rule("INDEX-005")
def test_a_venue_without_a_schedule_still_opens_a_month_that_has_its_value(external: None, tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=DaySchedule(), symbols=(SYMBOL, MONTH)) as bench:
        lose_the_index(bench)
        later_ns = bench.clock.now - START_NS
    with Bench(str(tmp_path), symbols=(SYMBOL, MONTH), later_ns=later_ns) as again:
        again.pass_ms(2_100)
        assert row(again).state == MarketState.HALT
        give_committee_value(again)
        assert row(again).state == MarketState.OPEN


@pytest.mark.rule("INDEX-002", "INDEX-003")
def test_days_that_the_venue_was_down_are_taken_one_after_the_other(external: None, tmp_path: Path) -> None:
    symbols = (SYMBOL, MONTH)
    with Bench(str(tmp_path), schedule=DaySchedule(), symbols=symbols) as bench:
        move(bench, 18, 12)
    with Bench(str(tmp_path), schedule=DaySchedule(), symbols=symbols, later_ns=4 * NS_PER_DAY) as again:
        again.pass_ms(3_000)
        assert values(again)[-1] == "11-20 none MISSING"
        taken = [
            msgspec.json.decode(frame.payload).get("take_day")
            for frame in read_frames(again.folder, NoSyncDisk())
            if frame.payload and frame.records and frame.rows[0]["kind"] == CommandKind.INDEX
        ]
        first = (date(2026, 11, 17) - EPOCH).days
        assert taken == [None, *range(first, first + 4)]


@pytest.mark.rule("INDEX-001", "INDEX-002")
def test_the_index_of_the_exchange_itself_is_made_of_rentals(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=DaySchedule(), symbols=(SYMBOL, MONTH)) as bench:
        move(bench, 18, 12)
        for seller, hours, price in ((1, 600, 2_800), (2, 200, 2_830), (3, 100, 2_850), (4, 100, 2_870)):
            do(bench, "rental", index=INDEX, day="2026-11-18", seller=seller, hours=hours, price=price)
        move(bench, 19, 11)
        assert refused(bench, "index", prints=[(INDEX, "2026-11-18", 2_900)]).startswith("SOURCE: ")
        move(bench, 19, 12)
        assert values(bench)[-1] == "11-18 2.828 PRINT"


def test_a_venue_without_index_contracts_has_no_index_and_no_noon(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=DaySchedule()) as bench:
        assert next_day(bench.venue.states) == 0 == find_index(bench.venue.states[0], 2, 9_000)
        move(bench, 18, 12)
        assert do(bench, "index_values") == []
    with Bench(str(tmp_path / "open"), symbols=(SYMBOL, MONTH)) as bench:
        sequence = bench.venue.sequence
        bench.clock.now = START_NS + NS_PER_DAY
        bench.pass_ms(50)
        assert bench.venue.sequence == sequence, "no schedule, no noon"


@pytest.mark.rule("SETTLE-009", "SESSION-002", "FEE-001")
def test_a_month_settles_finally_at_noon_once_its_last_day_has_a_value(bench: Bench) -> None:
    move(bench, 18, 12)
    trade_in(bench, 1, MONTH, 4, bench.price)
    assert query.position(bench.venue.states, 2, row(bench).index).lots == 4
    number = row(bench).index
    for day in range(19, 31):
        move(bench, day, 11)
        give(bench, (day - 1, 2_800 + day))
        move(bench, day, 12)
        through_the_close(bench, day)
    life = Life(int(bench.venue.states["books"]["life"][0, number]))
    held = [(one.account, one.symbol, one.lots) for one in reportable_positions(bench.venue.states, 4)]
    assert held == [(1, MONTH, -4), (2, MONTH, 4)], "it is held, though no longer listed"
    large = bench.venue.states.copy()  # one day of thirty counts: 501 lots of 15,001
    large["positions"]["lots"][0] = np.sign(large["positions"]["lots"][0]) * 15_001
    assert position_flags(large, bench.opened.spec, date(2026, 12, 1)) == []
    assert (life, query.position(bench.venue.states, 2, number).lots) == (Life.EXPIRED, 4), (
        "its last day has no value yet"
    )
    move(bench, 31, 11)
    give(bench, (30, 2_831))
    before = query.margin(bench.venue.states, 2).cash_mills
    tick = int(bench.venue.states["books"]["settle_tick"][0, number])
    move(bench, 31, 12)
    bench.pass_ms(2_500)
    final = (2 * (17 * SEED + sum(2_801 + day for day in range(18, 31))) + 30) // (2 * 30)
    state = bench.venue.states["books"][0][number]
    assert (Life(int(state["life"])), int(state["settle_tick"])) == (Life.SETTLED, final)
    assert SettleMethod(int(state["settle_method"])) == SettleMethod.FINAL
    paid = query.margin(bench.venue.states, 2).cash_mills - before
    assert paid == (final - tick) * 720 * 4 - 720 * 4 and query.position(bench.venue.states, 2, number).lots == 0
