"""Past trades and candles over a connection: pages, refusals, without a logon, after a start; against `stats`."""

import random
from pathlib import Path
from typing import Any

import pytest

from exchange.codes import CommandKind, MarketState
from exchange.engine import query
from exchange.gateway.outbox import FRAME_BYTES_MAX, JSON
from exchange.gateway.throttle import STANDARD
from exchange.publish.past.candle_rows import HOUR, MINUTE, grouped, of_prints
from exchange.publish.prints import Prints
from exchange.wire.fields import PAST_ROWS_MAX
from exchange.wire.messages import CandleRow, Err, Ok, PastTradeRow, Query
from tests.gateway.harness import Bench, Peer, killed
from tests.properties.driver import Run, continuous, tight_auctions
from tests.publish.daily.days import PATIENT, end_day, open_bench
from tests.publish.helpers import event_array
from tests.venue.daily.test_settler import trade

Trade = tuple[int, int, int, int]  # time_us, tick, lots, trade id


def ask(peer: Peer, what: str, **fields: Any) -> Any:
    fields.setdefault("instrument", peer.bench.instrument)
    return peer.ask(Query(request_id=60, what=what, **fields))[0]  # type: ignore[arg-type]


def traded(bench: Bench, rng: random.Random, count: int, first: int) -> list[Trade]:
    made = []
    for number in range(count):
        tick, lots = bench.price + rng.randint(-9, 9), rng.randint(1, 9)
        trade(bench, first + number, tick, lots)
        made.append((bench.venue.time_us, tick, lots, int(bench.venue.states["trade_id"][0])))
        bench.clock.now += rng.choice([0, 10**6, 7 * 10**9, 50 * 60 * 10**9])
    return made


def all_pages(peer: Peer, what: str, **fields: Any) -> list[Any]:
    """All rows of a range, page by page."""
    rows: list[Any] = []
    end = "to_us" if what == "candles" else "last_sequence"
    while True:
        reply = ask(peer, what, **fields)
        assert isinstance(reply, Ok), reply
        page = reply.candles if what == "candles" else reply.trades
        assert page is not None
        rows = [*page, *rows]
        if reply.next_page is None:
            return rows
        fields[end] = reply.next_page


def minutes(made: list[Trade]) -> list[CandleRow]:
    """The candles of trades, one after the other."""
    found: dict[int, list[Trade]] = {}
    for one in made:
        found.setdefault(one[0] // 60_000_000 * 60_000_000, []).append(one)
    return [
        (
            start, of[0][1], max(tick for _, tick, _, _ in of), min(tick for _, tick, _, _ in of), of[-1][1],
            sum(lots for _, _, lots, _ in of), sum(tick * lots for _, tick, lots, _ in of), len(of),
        )
        for start, of in found.items()
    ]  # fmt: skip


def shown(row: PastTradeRow) -> Trade:
    number, time_us, tick, lots, _, _ = row
    return time_us, tick, lots, number


@pytest.mark.rule("HIST-001", "HIST-002", "SESS-004")
@pytest.mark.parametrize("seed", range(3))
def test_the_past_is_what_happened_with_or_without_a_logon_and_after_a_start(tmp_path: Path, seed: int) -> None:
    rng, made = random.Random(seed), []
    bench = Bench(str(tmp_path / "venue"), PATIENT)
    for start in range(2):
        made += traded(bench, rng, 12, 100 * start + 1)
        for peer in (bench.connect(bench.keys[3]), bench.open("/v1/md")):
            assert [shown(row) for row in all_pages(peer, "trades", limit=rng.randint(1, 9))] == made
            assert all_pages(peer, "candles", limit=rng.randint(1, 9)) == minutes(made)
            low, high = sorted(rng.choice(made)[0] for _ in range(2))
            ranged = all_pages(peer, "trades", from_us=low, to_us=high, limit=3)
            assert [shown(row) for row in ranged] == [one for one in made if low <= one[0] <= high]
            first, last = sorted(rng.choice(made)[3] for _ in range(2))
            numbered = all_pages(peer, "trades", first_sequence=first, last_sequence=last)
            assert [shown(row) for row in numbered] == [one for one in made if first <= one[3] <= last]
            reply = ask(peer, "candles", interval="1h", limit=2)
            assert reply.engine_sequence == bench.venue.sequence and reply.oldest_us == 0
            assert len(reply.candles) == 2
        before, bench = bench, killed(bench, tmp_path / f"again{start}", profile=PATIENT)
        before.close()
    bench.close()


@pytest.mark.rule("HIST-001", "MDATA-018")
def test_the_candle_of_a_trading_day_has_the_volume_of_its_stats(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        peer, expected = bench.open("/v1/md"), []
        for day in range(3):
            prints = [(bench.price + day + place, 2 + place) for place in range(3)]
            for place, (tick, lots) in enumerate(prints):
                trade(bench, 100 * day + place + 1, tick, lots)
                bench.clock.now += 600 * 10**9
            figures = query.statistics(bench.venue.states, 1)
            expected.append((figures.open, figures.high, figures.low, figures.last, figures.volume,
                             figures.value_tick_lots, 3))  # fmt: skip
            end_day(bench, 100 * day + 50)
        days = ask(peer, "candles", interval="1d").candles
        assert [row[1:] for row in days] == expected
        assert all(row[0] % 86_400_000_000 == 75_600_000_000 for row in days)
        hours = ask(peer, "candles", interval="1h", from_us=days[1][0], to_us=days[2][0] - 1).candles
        assert sum(row[5] for row in hours) == days[1][5]


@pytest.mark.rule("HIST-001")
@pytest.mark.parametrize("seed", range(2))
def test_lots_of_candles_are_the_engines_volume_through_uncrosses_and_implied_groups(seed: int) -> None:
    """Every print counts once in its own book, so candles and the statistics of the engine agree."""
    run = Run(seed, continuous(), compare_every=1_000_000)
    for state in (MarketState.CLOSED, MarketState.PREOPEN, MarketState.OPEN):
        run.do(CommandKind.SET_STATE, run.flow.state_row(group=1, state=state))
    run.go(150)
    start, states = len(run.pair.events), run.pair.fast.engine.states
    books = range(1, int(states["books_listed"][0]) + 1)
    before, last_id = [query.statistics(states, book) for book in books], int(states["trade_id"][0])
    for number in range(4):
        run.collect(MarketState.RESERVED if number % 2 else MarketState.PAUSED, tight_auctions(), 60)
        run.go(150)
    prints = Prints({1: last_id})
    prints.append(event_array(tuple(row) for row in run.pair.events[start:]))
    candles, found = prints.candles, 0
    for book, old in zip(books, before, strict=True):
        new, rows = query.statistics(states, book), candles.rows_from(book, MINUTE, 0)
        assert int(rows["lots"].sum()) == new.volume - old.volume
        assert int(rows["value_tick_lots"].sum()) == new.value_tick_lots - old.value_tick_lots
        found += new.volume > old.volume
    assert found >= 3


@pytest.mark.rule("HIST-001", "HIST-002")
def test_what_cannot_be_answered_is_refused_by_name(tmp_path: Path) -> None:
    with Bench(str(tmp_path), PATIENT) as bench:
        peer, public = bench.connect(bench.keys[3]), bench.open("/v1/md")
        for one in (peer, public):
            refusals = [
                (ask(one, "trades", instrument=99), "UNKNOWN_INSTRUMENT", "no instrument 99"),
                (ask(one, "candles", instrument=1), "UNKNOWN_INSTRUMENT", "no instrument 1"),
                (ask(one, "candles", from_us=5, to_us=4), "REPLAY_RANGE", "5 is above 4 (fields from_us, to_us)"),
                (ask(one, "trades", first_sequence=5, last_sequence=4), "REPLAY_RANGE", "(fields from, to)"),
                (ask(one, "candles", last_sequence=4), "NOT_ALLOWED_TOGETHER", "from_us and to_us do"),
            ]
            for refusal, name, text in refusals:
                assert isinstance(refusal, Err) and refusal.name == name and text in refusal.message, refusal
        assert ask(peer, "time", instrument=0, limit=3).name == "NOT_ALLOWED_TOGETHER"
        assert ask(peer, "open").name == "NOT_ALLOWED_TOGETHER"
        assert (ask(peer, "trades").trades, ask(peer, "candles").candles) == ([], [])
        refusal = public.ask(Query(request_id=9, what="open"))[0]
        assert refusal.name == "NOT_LOGGED_ON" and public.transport.closed == (4002, "not logged on")


@pytest.mark.rule("HIST-002")
def test_a_range_that_is_not_kept_is_refused_with_the_oldest_time(tmp_path: Path) -> None:
    with Bench(str(tmp_path), PATIENT) as bench:
        trade(bench, 1, bench.price, 2)
        peer, prints = bench.open("/v1/md"), bench.venue.market.prints
        prints.complete_us = bench.venue.time_us + 1
        prints.candles.restart(prints.complete_us)
        for what in ("trades", "candles"):
            refusal = ask(peer, what, to_us=bench.venue.time_us)
            assert refusal.name == "REPLAY_RANGE" and refusal.oldest >= prints.complete_us
        assert ask(peer, "candles").oldest_us == MINUTE.next_us(prints.complete_us)


@pytest.mark.rule("HIST-002", "RATE-001")
def test_questions_without_a_logon_have_a_limit_by_address(tmp_path: Path) -> None:
    with Bench(str(tmp_path), STANDARD) as bench:
        peers, wanted = [bench.open("/v1/md", address="10.0.0.7") for _ in range(2)], STANDARD.rate("query").burst
        replies = [ask(peers[number % 2], "trades") for number in range(wanted + 1)]
        assert all(isinstance(reply, Ok) for reply in replies[:-1])
        assert replies[-1].name == "THROTTLED" and replies[-1].retry_us > 0
        assert isinstance(ask(bench.open("/v1/md", address="10.0.0.8"), "trades"), Ok)


@pytest.mark.rule("WIRE-003")
def test_the_longest_page_stays_below_a_mebibyte() -> None:
    trade_row = (2**53, 2**53, -(2**31), 2**31, "n", False)
    candle = (2**53, -(2**31), -(2**31), -(2**31), -(2**31), 2**53, -(2**63), 2**53)
    assert len(JSON.encode(Ok(2**53, trades=[trade_row] * PAST_ROWS_MAX))) < FRAME_BYTES_MAX
    assert len(JSON.encode(Ok(2**53, candles=[candle] * PAST_ROWS_MAX))) < FRAME_BYTES_MAX


def test_an_hour_of_prints_is_one_candle(tmp_path: Path) -> None:
    with Bench(str(tmp_path), PATIENT) as bench:
        trade(bench, 1, bench.price, 2)
        rows = next(iter(bench.venue.market.prints.newest_first(1, 0, 9)))[1]
        assert len(grouped(of_prints(rows), HOUR)) == 1
