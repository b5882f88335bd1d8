"""A venue that was down makes up for each missed day in order, as of its own date."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from contracts_spec.periods import day_of
from exchange.codes import CommandKind, MarketState
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.journal.replay import read_frames, replay_folder
from exchange.limits import MEDIUM
from exchange.units import NS_PER_DAY, NS_PER_S
from exchange.venue.daily.missed_days import MissedDays
from exchange.venue.day_schedule import DaySchedule
from tests.gateway.harness import Bench, NoSyncDisk, killed
from tests.venue.daily.test_life_keeper import DAYS, Q1, go_to, lives, open_on, trade

STOPPED, BACK = date(2026, 12, 20), date(2026, 12, 28)
INDEX_MONTH = "H100.G90.Z26/I"
DATED = (CommandKind.INDEX, CommandKind.DAY_LIMITS, CommandKind.CASCADE, CommandKind.EXPIRE)


def controls(bench: Bench, after: int) -> Iterator[str]:
    """Controls behind a command, with the day that each is of: the index day taken, the day that closed."""
    bench.settle()
    for frame in read_frames(bench.folder, NoSyncDisk()):
        for row in frame.rows if frame.records else ():
            kind = CommandKind(int(row["kind"]))
            if row["sequence"] > after and kind in DATED:
                payload = msgspec.json.decode(frame.payload)
                number = payload["take_day"] if kind == CommandKind.INDEX else payload["day"]
                yield f"{kind.name} {day_of(number - (kind == CommandKind.DAY_LIMITS)):%m-%d}"
            elif row["sequence"] > after and kind == CommandKind.MARGIN:
                yield kind.name


@pytest.mark.rule("SESSION-003", "SETTLE-009", "INDEX-002", "CASCADE-002", "SPEC-051")
def test_each_missed_day_is_settled_in_order_and_a_person_hears_of_it_once(tmp_path: Path) -> None:
    with Bench(str(tmp_path / "a"), schedule=DAYS, symbols=(*Q1, INDEX_MONTH), day=STOPPED) as bench:
        open_on(bench, STOPPED)
        trade(bench, 1, "H100.G90.Q1-27", 4, bench.price)
        stopped = bench.venue.sequence
        later = killed(bench, tmp_path / "b", schedule=DAYS, day=STOPPED)
    with later:
        go_to(later, BACK, 10 * 3_600)
        later.pass_ms(2_000)
        made = list(controls(later, stopped))
        assert made[:-1] == [
            "DAY_LIMITS 12-20",
            "INDEX 12-20", "DAY_LIMITS 12-21", "CASCADE 12-21",
            "INDEX 12-21", "DAY_LIMITS 12-22",
            "INDEX 12-22", "DAY_LIMITS 12-23",
            "INDEX 12-23", "DAY_LIMITS 12-24", "EXPIRE 12-24",
            "INDEX 12-24", "DAY_LIMITS 12-25",
            "INDEX 12-25", "DAY_LIMITS 12-26",
            "INDEX 12-26", "DAY_LIMITS 12-27",
        ]  # fmt: skip
        assert made[-1] == "MARGIN", "once, after all of them"
        said = [line for line in later.opened.warnings.lines if "closes" in line or "settlement" in line]
        assert said == ["closes of 2026-12-20 to 2026-12-27 were missed: each of these days is settled now, in order"]
        assert (lives(later)["H100.G90.Q1-27"], lives(later)["H100.G90.F27"]) == ("CASCADED", "SETTLED")
        assert query.position(later.venue.states, 2, 3).lots == 4, "the other months of the quarter"
        go_to(later, BACK, 11 * 3_600)
        assert set(query.group_states(later.venue.states).values()) == {MarketState.OPEN}
        later.settle()
        replayed = Engine(MEDIUM)
        replay_folder(later.folder, replayed)
        assert replayed.state_hash() == later.venue.engine.state_hash()


def test_a_close_that_has_just_come_is_not_a_missed_one() -> None:
    said: list[str] = []
    states = Engine(MEDIUM).states
    schedule = DaySchedule()
    noon_ns = 20_000 * NS_PER_DAY + 12 * 3_600 * NS_PER_S
    missed = MissedDays(states, schedule, schedule.day_at(noon_ns), said.append)
    assert missed.moment_ns(noon_ns, lambda _group, _day: True) == noon_ns
    evening_ns = noon_ns + 9 * 3_600 * NS_PER_S
    assert missed.moment_ns(evening_ns, lambda _group, _day: True) == evening_ns
    assert not missed.behind and not said
    assert missed.moment_ns(evening_ns + NS_PER_DAY, lambda _group, _day: False) < evening_ns + NS_PER_DAY
