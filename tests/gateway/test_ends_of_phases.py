"""When `hello` and `status` say that a phase ends, it does: scheduled phases, breakers, halts (MDATA-012)."""

from pathlib import Path
from typing import Any

import pytest

from exchange.codes import CommandKind, MarketState, StateReason
from exchange.units import NS_PER_MS, NS_PER_US
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.messages import CancelTerms, ChannelSpec, Status, Subscribe
from tests.gateway.day_dialogue import PATIENT
from tests.gateway.harness import Bench, Peer

STEP_NS = 10 * NS_PER_MS  # a turn of the venue
HOUR_US = 3_600_000_000


class Watch:
    """A client that follows the status of the market."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.peer = bench.open("/v1/md")
        asked = [ChannelSpec(name_of_channel="status", instrument=bench.instrument)]
        self.heard = self.statuses(self.peer.ask(Subscribe(request_id=1, channels=asked)))

    @staticmethod
    def statuses(messages: list[Any]) -> list[Status]:
        return [message for message in messages if isinstance(message, Status)]

    @property
    def now(self) -> tuple[str, str, int | None]:
        """Phase, reason and end, as said last."""
        self.heard += self.statuses(self.peer.take())
        return self.heard[-1].phase, self.heard[-1].reason, self.heard[-1].until_us

    def wait_until(self, until_us: int) -> None:
        """Go to a time: just before it nothing changes, and just after it the phase has."""
        clock, before = self.bench.clock, self.now
        clock.now = until_us * NS_PER_US - 3 * STEP_NS
        self.bench.pass_ms(20)
        assert self.now == before, "not yet"
        self.bench.pass_ms(60)
        assert self.now[0] != before[0]
        assert abs(self.heard[-1].time_us - until_us) <= 60_000


@pytest.mark.rule("MDATA-012", "SESSION-001")
def test_scheduled_phases_end_when_status_and_hello_say(tmp_path: Path) -> None:
    with Bench(str(tmp_path), PATIENT, schedule=DaySchedule()) as bench:
        watch = Watch(bench)
        planned = dict[str, int]()
        assert watch.peer.hello.day is not None
        for at_us, phase in watch.peer.hello.day.changes:
            planned.setdefault(phase, at_us)
        assert (
            watch.now == ("OPEN", "operator", planned["CLOSED"]) and watch.peer.hello.day.close_us == planned["CLOSED"]
        )
        watch.wait_until(planned["CLOSED"])
        bench.pass_ms(200)
        followed = [(one.phase, one.until_us) for one in watch.heard]
        assert ("CLOSED", None) in followed, "until the settlement is published, whenever that is"
        for phase, after in (("PREOPEN", "NOCANCEL"), ("NOCANCEL", "OPEN")):
            shown, _, until_us = watch.now
            assert shown == phase and until_us is not None and abs(until_us - planned[after]) < 1_000_000
            watch.wait_until(until_us)
        shown, _, until_us = watch.now
        assert shown == "OPEN" and until_us == planned["CLOSED"] + 24 * HOUR_US


def moved(bench: Bench, peers: list[Peer], ticks: int, request_id: int) -> None:
    """A trade so many ticks from the mark."""
    price = bench.price + ticks
    peers[0].ask(bench.order(request_id, f"s{request_id}", side="s", price_tick=price))
    peers[1].ask(bench.order(request_id, f"b{request_id}", side="b", price_tick=price))


@pytest.mark.rule("MDATA-012", "STATE-004", "BAND-012")
def test_a_breaker_ends_when_status_says_also_after_a_halt_that_nobody_has_planned(tmp_path: Path) -> None:
    with Bench(str(tmp_path), PATIENT, schedule=DaySchedule()) as bench:
        watch = Watch(bench)
        close_us = watch.now[2]
        peers = [bench.connect(bench.keys[number], cancel_terms=CancelTerms(mode="off")) for number in (1, 2)]
        for number in range(1, 40):
            moved(bench, peers, 12 * number, 10 + number)
            if watch.now[0] != "OPEN":
                break
        phase, why, until_us = watch.now
        assert (phase, why) == ("RESERVED", "velocity") and until_us is not None
        assert until_us > bench.clock.wall_us()
        bench.pass_ms(100)
        halt(bench, MarketState.HALT)
        assert watch.now == ("HALT", "HALT_ADMIN", None), "nobody knows how long"
        bench.pass_ms(1_000)
        halt(bench, MarketState.RESERVED)  # the state before the halt
        phase, why, later_us = watch.now
        assert (phase, why) == ("RESERVED", "operator") and later_us is not None
        assert later_us - until_us == pytest.approx(1_000_000, abs=50_000), "the pause has waited for the halt"
        watch.wait_until(later_us)
        assert watch.now[0] == "OPEN" and watch.now[2] == close_us


def halt(bench: Bench, state: MarketState) -> None:
    """An operator halts the market, or lets it go on."""
    reason = StateReason.HALT_ADMIN if state == MarketState.HALT else StateReason.OPERATOR
    group = next(iter(bench.venue.groups.values()))
    fields = {"kind": CommandKind.SET_STATE, "market_state": state, "group": group, "state_reason": reason}
    bench.venue.own.submit(fields, lambda _events: None)
    bench.settle()
