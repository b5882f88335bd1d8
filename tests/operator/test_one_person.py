"""Whatever one person does, and in whatever order, moves no limit beyond what the day allows (SEC-061)."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.periods import day_number
from exchange.codes import MarketState
from exchange.engine import query
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.operator.desk import OperatorDesk
from exchange.operator.requests import Answer
from exchange.units import NS_PER_S
from exchange.venue.daily.settlement import settled_day
from exchange.venue.day_schedule import DaySchedule
from tests.gateway.harness import SYMBOL, Bench
from tests.operator.asking import do, refused
from tests.operator.test_authority import Office, price_beyond

CHIP = "H100"
DAY_NS = 86_400 * NS_PER_S


class Rogue:
    """One person: owner of the folder, or one operator, with every key that he can make himself."""

    def __init__(self, bench: Bench, rng: random.Random, signs: bool, others: int) -> None:
        self.bench, self.rng = bench, rng
        self.office = Office(bench, operators=signs + others)
        self.pairs: list[KeyPair | None] = list(self.office.operators[:1]) if signs else [None]
        self.made = self.tried = 0

    def act(self) -> None:
        """Ask for something; what the venue refuses is refused."""
        what = self.rng.choice(["settle"] * 7 + ["states"] * 3 + ["time"] * 3 + ["key", "revoke", "confirm", "restart"])
        self.tried += 1
        getattr(self, what)()

    def ask(self, what: str, **fields: Any) -> Answer:
        """With one of his keys that works, if any does."""
        for pair in self.rng.sample(self.pairs, len(self.pairs)):
            answer = self.office.ask(what, pair, reason="because", **fields)
            if not answer.why.startswith(("BAD_AUTH", "this venue has operator keys")):
                break
        return answer

    def settle(self) -> None:
        if self.rng.random() < 0.7:
            self.ask("state", target=CHIP, to="closed")
        row = self.bench.venue.table.row(1)
        price = self.rng.choice([row.low_tick, *[row.high_tick] * 4, row.settle_tick, row.high_tick + 1])
        day = self.rng.choice([*[""] * 6, "2026-11-24", "2026-11-25", "2027-01-05", "2026-11-20"])
        chips = self.rng.choice([[], [CHIP]])
        self.ask("settle", **({"prices": {SYMBOL: price}} if self.rng.random() < 0.8 else {}), day=day, chips=chips)

    def states(self) -> None:
        path = self.rng.choice([("closed",), ("preopen", "open"), ("preopen", "open", "closed"), ("halt", "closed")])
        for to in path:
            self.ask("state", target=CHIP, to=to)

    def key(self) -> None:
        self.made += 1
        pair = KeyPair(f"k_alias{self.made}", 1, bytes([self.made]) * 32)
        fields = {"key": pair.key, "public": encode_bytes(pair.public()), "account": 1, "scopes": ["admin"]}
        if self.ask("key", **fields).ok and pair.key in self.bench.gateway.keys.keys:
            self.pairs.append(pair)

    def revoke(self) -> None:
        pair = self.rng.choice(self.pairs)
        if pair is not None:
            self.ask("revoke", key=pair.key)

    def confirm(self) -> None:
        for shown in self.office.ask("proposals").lines:
            for pair in self.pairs:
                self.office.ask("confirm", pair, proposal=shown.split()[0], reason="I am another, too")

    def restart(self) -> None:
        """From a snapshot where one can be taken: what a replay would tell is then forgotten."""
        if self.rng.random() < 0.5:
            self.bench.opened.journal.snapshot(self.bench.venue.engine)
        now = self.bench.clock.now
        self.bench.close()
        self.bench.__init__(self.bench.folder)  # type: ignore[misc]
        self.bench.clock.now = now
        venue = self.bench.venue
        self.office.desk = OperatorDesk(venue, self.bench.gateway, self.bench.opened.spec, self.bench.clock)

    def time(self) -> None:
        self.bench.clock.now += self.rng.choice([60, 3_600, 6 * 3_600, 14 * 3_600]) * NS_PER_S


def limits_of(bench: Bench) -> tuple[int, int]:
    row = bench.venue.table.row(1)
    return row.low_tick, row.high_tick


def coming_day(bench: Bench) -> int:
    return day_number(DaySchedule().closing_day(bench.clock.now))


@pytest.mark.rule("SEC-067", "SEC-061")
@pytest.mark.parametrize(("signs", "others"), [(False, 0), (True, 0), (True, 1)])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_one_person_does_moves_a_limit_beyond_the_day(
    tmp_path: Path, seed: int, signs: bool, others: int
) -> None:
    with Bench(str(tmp_path)) as bench:
        rogue = Rogue(bench, random.Random(seed), signs, others)
        moved: dict[int, tuple[int, int]] = {}  # the limits of each day, as first published
        moves = 0
        before = limits_of(bench)
        for _ in range(50):
            rogue.act()
            found = limits_of(bench)
            if found == before:
                continue
            moves += 1
            day, (low, high) = coming_day(bench), before
            assert day not in moved, f"seed {seed}: day {day} had {moved[day]}, now {found}"
            settle = bench.venue.table.row(1).settle_tick
            width = settle * 2_000 // 10_000
            assert low <= settle <= high, f"seed {seed}: {settle} outside {before}"
            wider = 2 if settle in before else 1
            assert found == (settle - wider * width, settle + wider * width), f"seed {seed}"
            moved[day], before = found, found
        assert rogue.tried == 50 and moves, f"seed {seed} has settled nothing"


@pytest.mark.rule("SEC-067", "SEC-061")
def test_six_settlements_of_one_day_are_one(tmp_path: Path) -> None:
    """The walk that was found: at the limit, open, close, at the new limit, and so on."""
    with Bench(str(tmp_path)) as bench:
        first = bench.venue.table.row(1).high_tick
        for number in range(6):
            do(bench, "state", target=CHIP, to="closed")
            price = bench.venue.table.row(1).high_tick
            if number == 0:
                do(bench, "settle", prices={SYMBOL: price})
                limits = limits_of(bench)
            else:
                assert "never changes (SETTLE-011)" in refused(bench, "settle", prices={SYMBOL: price})
                do(bench, "settle")
            assert limits_of(bench) == limits and bench.venue.table.row(1).settle_tick == first
            for to in ("preopen", "open"):
                do(bench, "state", target=CHIP, to=to)


@pytest.mark.rule("SEC-068", "SEC-061")
def test_a_key_that_one_operator_made_alone_is_no_second_person_for_a_settlement(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        office = Office(bench, operators=1)
        (one,) = office.operators
        aliases = [KeyPair(f"k_alias{number}", 1, bytes([number + 1]) * 32) for number in range(2)]
        fields = [{"key": pair.key, "public": encode_bytes(pair.public()), "account": 1} for pair in aliases]
        assert office.ask("key", one, **fields[0], scopes=["admin"], reason="a colleague").ok
        name = office.ask("key", one, **fields[1], scopes=["admin"], reason="another").lines[0].split()[0]
        assert office.ask("confirm", aliases[0], proposal=name, reason="I know her").ok, "made by both, who are one"
        assert office.ask("state", one, target=CHIP, to="closed", reason="the day ends").ok
        for number in range(3):
            asks, confirms = (one, *aliases)[number], (*aliases, one)[number]
            name = office.ask("settle", asks, prices=price_beyond(bench), reason="a walk").lines[0].split()[0]
            why = office.refused("confirm", confirms, proposal=name, reason="me again")
            assert f"{asks.key} and {confirms.key} count as one person, k_op0 alone" in why
        second = office.operator(7)
        assert office.ask("confirm", second, proposal=name, reason="named by the owner").ok


@pytest.mark.rule("SEC-067", "SEC-061")
def test_a_second_settlement_on_its_way_is_refused_when_its_turn_comes(tmp_path: Path) -> None:
    """The desk looked before the first was applied: the engine looks again."""
    with Bench(str(tmp_path)) as bench:
        do(bench, "state", target=CHIP, to="closed")
        desk = OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock)
        answers: list[Answer] = []
        low, high = limits_of(bench)
        for price in (high, low):
            desk.take(json.dumps({"do": "settle", "prices": {SYMBOL: price}}).encode(), answers.append)
        bench.settle()
        assert [answer.ok for answer in answers] == [True, False]
        assert "never changes (SETTLE-011)" in answers[1].why and bench.venue.table.row(1).settle_tick == high


@pytest.mark.rule("SEC-067", "SESSION-001")
@given(
    close_s=st.integers(0, 86_399), asked_s=st.integers(0, 3 * 86_400), opened=st.booleans(),
)  # fmt: skip
def test_a_settlement_is_of_the_day_whose_close_comes_next(close_s: int, asked_s: int, opened: bool) -> None:
    """At every close and hour of asking: its close is ahead, by a day at most, and the day before is over."""
    schedule = DaySchedule(close_s=close_s)
    start_ns = day_number(schedule.closing_day(0)) * DAY_NS
    now_ns = start_ns + asked_s * NS_PER_S
    closes_ns = day_number(schedule.closing_day(now_ns)) * DAY_NS + close_s * NS_PER_S
    assert now_ns < closes_ns <= now_ns + DAY_NS
    assert schedule.day_at(now_ns) == schedule.day_at(closes_ns - 1) == schedule.day_at(closes_ns) - 1


@pytest.mark.rule("SESSION-001", "SEC-067")
@pytest.mark.parametrize("close_s", [0, 3_600, 15 * 3_600 + 1_800, 21 * 3_600, 23 * 3_600 + 59 * 60])
def test_the_desk_settles_for_the_day_after_the_venues_own_close(tmp_path: Path, close_s: int) -> None:
    schedule = DaySchedule(close_s=close_s)
    with Bench(str(tmp_path), schedule=schedule) as bench:
        for _ in range(30):
            ended = schedule.day_at(bench.clock.now)
            bench.clock.now += 3_600 * NS_PER_S
            bench.pass_ms(10)
            if schedule.day_at(bench.clock.now) > ended:
                break
        assert query.market_state(bench.venue.states, 1) == MarketState.CLOSED
        day = schedule.closing_day(bench.clock.now)
        assert day_number(day) == schedule.day_at(bench.clock.now) + 1, "not the day that has just ended"
        assert do(bench, "settle") == [f"H100: settled, limits for {day} set"]
        assert settled_day(bench.venue.states, bench.venue.groups[CHIP]) == day_number(day)
