"""Settlements on their channel: one message for each outright, numbered alike after a restart."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from exchange.codes import ComboKind, EventKind, Family, PeriodKind, SettleMethod
from exchange.publish.daily.numbers import PLACES
from exchange.publish.daily.settlements import SettledBook, Settlements, day_text, kind_of
from exchange.units import NS_PER_DAY, NS_PER_S
from exchange.wire.messages import ChannelSpec, Replay, Resync, Settlement, Subscribe
from tests.gateway.harness import START_NS, Bench, Peer
from tests.publish.daily.days import end_day, jump_to, open_bench
from tests.publish.helpers import B200, H27, J27, LISTED, Levels, event, event_array, instrument, table

ALL, ONE = ChannelSpec(name_of_channel="settlement"), "settlement"


def settled(e: int, index: int, price: int, **fields: int) -> Any:
    values = {"settle_method": SettleMethod.T1, "trading_day": 20_780, "window_lots": 40, "open_interest_lots": 125}
    return event(EventKind.SETTLED, e, instrument=index, settlement_tick=price, **(values | fields))


def listen(bench: Bench, peer: Peer, *specs: ChannelSpec, request_id: int = 50) -> list[Settlement]:
    return [one for one in peer.ask(Subscribe(request_id=request_id, channels=list(specs))) if type(one) is Settlement]


def day(bench: Bench, request: int) -> None:
    """A day with prints in its closing window, and its settlement at their mean."""
    end_day(bench, request, (bench.price + 10, 4), (bench.price + 13, 2))


@pytest.mark.rule("SETTLE-012", "MDATA-001", "MDATA-005")
def test_a_settlement_tells_itself_on_both_of_its_channels(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        peer = bench.connect(bench.keys[3])
        own = ChannelSpec(name_of_channel="settlement", instrument=bench.instrument)
        first = listen(bench, peer, ALL, own)
        assert [(one.snapshot, one.price_tick, one.method, one.previous) for one in first] == [
            (True, bench.price, "SEED", None)
        ] * 2
        day(bench, 1)
        both = [message for message in peer.take() if isinstance(message, Settlement)]
        assert {one.channel for one in both} == {one.channel for one in first}
        for one, before in zip(both, first, strict=True):
            assert (one.instrument, one.price_tick, one.method, one.kind) == (
                bench.instrument,
                bench.price + 11,
                "T1",
                "daily",
            )
            assert (one.volume_lots, one.open_interest_lots, one.flagged) == (6, 6, False)
            assert (one.previous, one.sequence) == (before.sequence, one.engine_sequence * PLACES + 1)
            assert one.day == day_text(bench.clock.now // NS_PER_DAY)
        again = listen(bench, bench.connect(bench.keys[2]), ALL)
        assert [(one.sequence, one.price_tick, one.volume_lots) for one in again] == [
            (both[0].sequence, bench.price + 11, 6)
        ]


@pytest.mark.rule("MDATA-001", "RECOV-003")
def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        day(bench, 1)
        (before,) = listen(bench, bench.connect(bench.keys[3]), ALL)
        later_ns = bench.clock.now - START_NS
    with open_bench(str(tmp_path), later_ns) as bench:
        peer = bench.connect(bench.keys[3])
        (snapshot,) = listen(bench, peer, ALL)
        assert (snapshot.sequence, snapshot.volume_lots, snapshot.price_tick) == (
            before.sequence, 6, before.price_tick,
        )  # fmt: skip
        day(bench, 3)
        (new,) = [message for message in peer.take() if isinstance(message, Settlement)]
        assert new.previous == before.sequence < new.sequence


@pytest.mark.rule("SETTLE-012", "RECOV-003")
def test_the_settlement_of_the_day_before_is_the_same_after_a_restart(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        day(bench, 1)
        day(bench, 3)
        jump_to(bench, 12 * 3_600)  # events of the day before are older than those that are kept
        (before,) = listen(bench, bench.connect(bench.keys[3]), ALL)
        assert before.previous_settle_tick == bench.price + 11
        later_ns = bench.clock.now - START_NS
    shutil.rmtree(tmp_path / "events")
    with open_bench(str(tmp_path), later_ns) as bench:
        (after,) = listen(bench, bench.connect(bench.keys[3]), ALL)
        assert (after.previous_settle_tick, after.day) == (before.previous_settle_tick, before.day)


@pytest.mark.rule("RECOV-014", "MDATA-015")
def test_settlements_are_replayed_and_a_resync_gives_the_last(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        peer = bench.connect(bench.keys[3])
        (snapshot,) = listen(bench, peer, ALL)
        day(bench, 1)
        (told,) = [message for message in peer.take() if isinstance(message, Settlement)]
        answer = Replay(
            request_id=51, channel=snapshot.channel, first_sequence=told.sequence, last_sequence=told.sequence
        )
        (again,) = [message for message in peer.ask(answer) if isinstance(message, Settlement)]
        assert again.replay and (again.price_tick, again.previous) == (told.price_tick, told.previous)
        (fresh,) = [one for one in peer.ask(Resync(request_id=52, channel=snapshot.channel)) if type(one) is Settlement]
        assert fresh.snapshot and (fresh.sequence, fresh.day) == (told.sequence, told.day)


@pytest.mark.rule("MDATA-006")
def test_a_snapshot_has_a_page_for_each_outright() -> None:
    spread = instrument(4, 1 << 31, "H100.G90.H27-J27", combo=int(ComboKind.CALENDAR))
    source = Levels()
    source.settled = {1: SettledBook(2900, SettleMethod.T2, True, 20_780)}
    settlements = Settlements(table([*LISTED, spread]), source)
    list(settlements.take([settled(7, 2, 2800)]))
    pages = settlements.pages(0, 9, 5)
    assert [(page.instrument, page.price_tick, page.method, page.day, page.more) for page in pages] == [
        (H27, 2900, "T2", "2026-11-23", True), (J27, 2800, "T1", "2026-11-23", True), (B200, 2846, "", "", False),
    ]  # fmt: skip
    assert [(page.flagged, page.volume_lots, page.open_interest_lots) for page in pages[:2]] == [
        (True, None, None), (False, 40, 125),
    ]  # fmt: skip
    assert {(page.snapshot, page.engine_sequence, page.time_us) for page in pages} == {(True, 9, 5)}
    assert [page.instrument for page in settlements.pages(2, 9, 5)] == [J27]


def test_settlements_of_one_command_have_numbers_of_their_own() -> None:
    settlements = Settlements(table(), Levels())
    numbers = [number for number, _ in settlements.take([settled(7, 1, 1), settled(7, 2, 2), settled(8, 3, 3)])]
    assert numbers == [7 * PLACES + 1, 7 * PLACES + 2, 8 * PLACES + 1]
    assert [settlements.number_of(index) for index in (1, 2, 3)] == numbers
    assert settlements.number == numbers[-1]


def test_what_is_loaded_is_of_the_engines_last_day() -> None:
    """A book that another instrument had before: its settlement is not that of the present one."""
    source = Levels()
    source.settled = {1: SettledBook(2900, 1, False, 20_780, 2700), 2: SettledBook(2800, 1, False, 20_781)}
    settlements = Settlements(table(), source)
    older = event_array([settled(5, 1, 2700, trading_day=20_779)])
    newer = event_array([settled(6, 1, 2900), settled(6, 2, 2801, trading_day=20_780)])
    read = []

    def pieces() -> Any:
        for piece in (newer, older):
            read.append(len(piece))
            yield piece

    settlements.load(pieces())
    assert read == [2] and settlements.last(1).previous_settle_tick == 2700
    assert (settlements.number, settlements.number_of(1), settlements.number_of(2)) == (
        6 * PLACES + 2,
        6 * PLACES + 1,
        0,
    )
    assert settlements.last(2).price_tick == 2800
    settlements.forget(1)
    assert settlements.number_of(1) == 0


@pytest.mark.rule("SETTLE-009", "SETTLE-010")
@pytest.mark.parametrize(
    ("family", "period", "method", "days", "kind"),
    [
        (Family.PHY, PeriodKind.MONTH, SettleMethod.T1, -1, "daily"),
        (Family.PHY, PeriodKind.MONTH, SettleMethod.T1, 0, "final"),
        (Family.PHY, PeriodKind.QUARTER, SettleMethod.T4, 0, "cascade"),
        (Family.TOP, PeriodKind.TERM5, SettleMethod.T4, 0, "cascade"),
        (Family.IDX, PeriodKind.MONTH, SettleMethod.INDEX, 0, "daily"),
        (Family.IDX, PeriodKind.MONTH, SettleMethod.FINAL, 1, "final"),
    ],
)
def test_the_kind_follows_from_the_last_trading_day(
    family: Family, period: PeriodKind, method: SettleMethod, days: int, kind: str
) -> None:
    last_day = 20_780
    row = instrument(
        1, H27, "X", family=int(family), period_kind=int(period), ltd_ns=last_day * NS_PER_DAY + 75_600 * NS_PER_S
    )
    assert kind_of(row, SettledBook(2846, method, False, last_day + days)) == kind
    assert kind_of(row, SettledBook(2846, SettleMethod.SEED, False, 0)) == "daily"
