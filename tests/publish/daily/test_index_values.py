"""Values of the index on their channel: how they were found, numbered and known alike after a restart."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts_spec.periods import EPOCH
from exchange.clearing_codes import IndexHow
from exchange.codes import CommandKind, EventKind
from exchange.publish.daily.index_values import IndexDay, IndexValues
from exchange.publish.daily.numbers import PLACES
from exchange.units import NS_PER_DAY
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.messages import ChannelSpec, DailyIndex, Ok, Replay, Resync, Subscribe
from tests.gateway.harness import START_NS, SYMBOL, Bench, Peer
from tests.operator.asking import do
from tests.publish.daily.days import PATIENT
from tests.publish.helpers import TIME_NS, Levels, event, event_array, table
from tests.venue.daily.test_index_keeper import INDEX, MONTH, NEXT, move

H100 = ChannelSpec(name_of_channel="index", topic="H100")
DAY = 20_780
GROUP, OTHER = 2, 3
G85, G90 = 8_500, 9_000


def taken(e: int, day: int, tick: int, how: IndexHow = IndexHow.PRINT, floor_bp: int = G90, **fields: int) -> Any:
    values = {"group": GROUP, "floor_bp": floor_bp, "trading_day": day, "index_tick": tick, "index_how": how}
    return event(EventKind.INDEX_TAKEN, e, **(values | fields))


# On a venue.


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as made:
        yield made


def open_bench(folder: Path, later_ns: int = 0) -> Bench:
    """A venue whose index of H100 is the certified delivered price."""
    return Bench(str(folder), PATIENT, schedule=DaySchedule(), symbols=(SYMBOL, MONTH, NEXT), later_ns=later_ns)


def values(messages: list[Any]) -> list[DailyIndex]:
    return [message for message in messages if isinstance(message, DailyIndex)]


def listen(peer: Peer, request_id: int = 50) -> list[DailyIndex]:
    return values(peer.ask(Subscribe(request_id=request_id, channels=[H100])))


def rent(bench: Bench, day: int) -> None:
    """Rentals that make a certified delivered price of 2,828 mills."""
    for seller, hours, price in ((1, 600, 2_800), (2, 200, 2_830), (3, 100, 2_850), (4, 100, 2_870)):
        do(bench, "rental", index=INDEX, day=f"2026-11-{day}", seller=seller, hours=hours, price=price)


def shown(value: DailyIndex) -> tuple[Any, ...]:
    return value.day, value.state, value.kind, value.price_tick, value.susceptibility_ticks


@pytest.mark.rule("INDEX-002", "INDEX-003", "INDEX-004", "MDATA-005", "MDATA-021")
def test_each_day_tells_its_value_how_it_was_found_and_what_one_seller_does_to_it(bench: Bench) -> None:
    (first,) = listen(bench.connect(bench.keys[3]))
    assert (first.snapshot, first.topic, first.floor_bp, first.previous) == (True, "H100", G90, None)
    assert shown(first) == ("2026-11-16", "OK", "print", 2_810, None)
    rent(bench, 17)
    heard = []
    for day in (18, 19, 20, 21):
        peer = bench.connect(bench.keys[3])  # a logon lasts a day
        listen(peer)
        move(bench, day, 12)
        heard += values(peer.take())
    assert [shown(one) for one in heard] == [
        ("2026-11-17", "OK", "print", 2_828, heard[0].susceptibility_ticks),
        ("2026-11-18", "CARRIED", "carried", 2_828, None), ("2026-11-19", "CARRIED", "carried", 2_828, None),
        ("2026-11-20", "HALTED", "", None, None),
    ]  # fmt: skip
    assert heard[0].susceptibility_ticks is not None and heard[0].susceptibility_ticks > 0
    payload = {"committee": [{"index": 1, "day": (date(2026, 11, 20) - EPOCH).days, "tick": 2_805}], "by_two": True}
    bench.opened.control(CommandKind.INDEX, msgspec.json.encode(payload))
    bench.pass_ms(2_100)
    heard += values(peer.take())
    assert shown(heard[-1]) == ("2026-11-20", "FALLBACK", "committee", 2_805, None)
    assert [one.previous for one in heard] == [one.sequence for one in [first, *heard[:-1]]]
    assert [one.sequence for one in heard] == [one.engine_sequence * PLACES + 1 for one in heard]
    bytes_of = [msgspec.json.encode(one) for one in heard]
    assert b'"px"' not in bytes_of[3] and b'"kind"' not in bytes_of[3] and b'"sus"' in bytes_of[0]


@pytest.mark.rule("MDATA-001", "RECOV-003", "RECOV-014", "MDATA-015")
def test_values_are_replayed_and_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    with open_bench(tmp_path) as bench:
        peer = bench.connect(bench.keys[3])
        (snapshot,) = listen(peer)
        rent(bench, 17)
        move(bench, 18, 12)
        (told,) = values(peer.take())
        answer = Replay(
            request_id=51, channel=snapshot.channel, first_sequence=told.sequence, last_sequence=told.sequence
        )
        (again,) = values(peer.ask(answer))
        assert again.replay and (shown(again), again.previous) == (shown(told), told.previous)
        (fresh,) = values(peer.ask(Resync(request_id=52, channel=snapshot.channel)))
        assert fresh.snapshot and (fresh.sequence, shown(fresh)) == (told.sequence, shown(told))
        later_ns = bench.clock.now - START_NS
    with open_bench(tmp_path, later_ns) as bench:
        peer = bench.connect(bench.keys[3])
        (snapshot,) = listen(peer)
        assert (snapshot.sequence, shown(snapshot)) == (told.sequence, shown(told))
        move(bench, 19, 12)
        (new,) = values(peer.take())
        assert new.previous == told.sequence < new.sequence


@pytest.mark.rule("MDATA-004")
@pytest.mark.parametrize("key", [{"k": "B200"}, {"k": "X"}, {}, {"k": "H100", "i": 1}])
def test_a_chip_without_an_index_has_no_such_channel(bench: Bench, key: dict[str, Any]) -> None:
    peer = bench.connect(bench.keys[3])
    reply, *rest = peer.ask(msgspec.convert({"t": "sub", "id": 50, "ch": [{"n": "index"} | key]}, Subscribe))
    assert isinstance(reply, Ok) and reply.channels == [(0, 5001)] and not values(rest)


# By itself.


def test_a_snapshot_has_a_page_for_each_tier_also_without_a_kept_event() -> None:
    source = Levels()
    source.indices = [
        IndexDay(GROUP, G90, DAY, 2_811, IndexHow.PRINT), IndexDay(OTHER, G90, DAY, 9, IndexHow.LAST),
        IndexDay(GROUP, G85, DAY, 2_700, IndexHow.FRONT),
    ]  # fmt: skip
    indices = IndexValues(table(), source)
    list(indices.take([taken(7, DAY, 2_811, susceptibility_ticks=14), taken(7, DAY - 1, 2_600, floor_bp=G85)]))
    pages = indices.pages(GROUP, 9, 5)
    assert [(page.floor_bp, page.price_tick, page.state, page.susceptibility_ticks, page.more) for page in pages] == [
        (G90, 2_811, "OK", 14, True), (G85, 2_700, "FALLBACK", None, False),
    ]  # fmt: skip
    assert {(page.snapshot, page.engine_sequence, page.time_us) for page in pages} == {(True, 9, 5)}
    assert [page.state for page in indices.pages(OTHER, 9, 5)] == ["FALLBACK"]
    assert (indices.group_of("H100"), indices.group_of("B200"), indices.group_of("A100")) == (GROUP, OTHER, 0)


def test_a_value_of_an_earlier_day_does_not_take_the_place_of_the_last_one() -> None:
    source = Levels()
    source.indices = [IndexDay(GROUP, G90, DAY, 2_811, IndexHow.PRINT)]
    indices = IndexValues(table(), source)
    rows = [taken(7, DAY, 2_811, susceptibility_ticks=3), taken(8, DAY - 2, 2_805, IndexHow.COMMITTEE)]
    assert [number for number, _ in indices.take(rows)] == [7 * PLACES + 1, 8 * PLACES + 1]
    assert indices.number_of(GROUP) == 8 * PLACES + 1
    assert [(one.price_tick, one.susceptibility_ticks) for one in indices.pages(GROUP, 9, 5)] == [(2_811, 3)]


def test_what_is_loaded_reaches_back_to_the_last_day_and_no_further() -> None:
    source = Levels()
    last = TIME_NS // NS_PER_DAY - 1
    source.indices = [
        IndexDay(GROUP, G90, last, 2_811, IndexHow.PRINT), IndexDay(GROUP, G85, last, 2_700, IndexHow.PRINT),
    ]  # fmt: skip
    read = []

    def pieces(*found: Any) -> Iterator[Any]:
        for piece in found:
            read.append(len(piece))
            yield event_array(piece)

    indices = IndexValues(table(), source)
    newer = [taken(8, last - 3, 2_805), event(EventKind.FILL, 9)]
    older = [taken(6, last, 2_811, susceptibility_ticks=5), taken(6, last, 2_700, floor_bp=G85)]
    oldest = [taken(5, last - 1, 2_790)]
    indices.load(pieces(newer, older, oldest))
    assert read == [2, 2] and indices.number_of(GROUP) == 8 * PLACES + 1
    assert [one.susceptibility_ticks for one in indices.pages(GROUP, 9, 5)] == [5, None]
    read.clear()
    before = [(*row[:1], (last + 1) * NS_PER_DAY - 1, *row[2:]) for row in oldest]
    IndexValues(table(), source).load(pieces(before, older))
    assert read == [1], "the values were taken after their day"
    IndexValues(table(), Levels()).load(pieces(older))
    assert read == [1], "a venue without an index has nothing to find"
