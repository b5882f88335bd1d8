"""The part of the dialogue that takes hours and days: an index, a margin call that is not met, a cascade.

play_days(folder, binary) -> lines, as `dialogue.play_dialogue`
"""

from dataclasses import replace
from datetime import date

import msgspec

from exchange.codes import CommandKind, Side
from exchange.engine.control.house.index import IndexPayload, RentalReport
from exchange.gateway.throttle import STANDARD
from exchange.units import NS_PER_DAY, NS_PER_S
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.messages import ChannelSpec, Subscribe
from tests.gateway.harness import START_NS, SYMBOL, Bench
from tests.gateway.talk import Line, Talk
from tests.publish.daily.days import jump_to
from tests.venue.daily.test_caller import FALL, MINUTE, fall, later, poor_buyer, submit
from tests.venue.daily.test_index_keeper import MONTH
from tests.venue.daily.test_life_keeper import Q1, go_to, open_on, trade

PATIENT = replace(STANDARD, dead_ms=1 << 40, heartbeat_ms=1 << 40)  # connections outlive jumps of the clock
NOON_S = 12 * 3_600
QUARTER_ENDS = date(2026, 12, 21)
YESTERDAY = START_NS // NS_PER_DAY - 1


def play_days(folder: str, binary: bool) -> list[Line]:
    """What clients hear in the course of days."""
    lines: list[Line] = []
    for name, scene, schedule, symbols, day in (
        ("index", index, DaySchedule(), (SYMBOL, MONTH), None),
        ("liquidation", liquidation, None, (SYMBOL,), None),
        ("cascade", cascade, DaySchedule(), Q1, QUARTER_ENDS),
    ):
        with Bench(f"{folder}/{name}", PATIENT, schedule=schedule, symbols=symbols, day=day) as bench:
            talk = Talk(bench, binary)
            scene(talk)
            lines += talk.lines
    return lines


def index(talk: Talk) -> None:
    """A snapshot of the indices of a chip, then the value of yesterday, which noon takes."""
    bench = talk.bench
    peer = bench.connect(bench.keys[1], binary=talk.binary)
    talk.section = "index"
    talk.ask(peer, Subscribe(request_id=2, channels=[ChannelSpec(name_of_channel="index", topic="H100")]))
    sellers = ((1, 600, 2_800), (2, 200, 2_830), (3, 100, 2_850), (4, 100, 2_870))
    rentals = [RentalReport(1, YESTERDAY, seller, tick, hours) for seller, hours, tick in sellers]
    bench.opened.control(CommandKind.INDEX, msgspec.json.encode(IndexPayload(rentals=rentals)))
    jump_to(bench, NOON_S)
    talk.hear(peer)


def liquidation(talk: Talk) -> None:
    """The price falls, the account is called for margin; two hours later the venue closes what it can."""
    bench = talk.bench
    poor_buyer(bench)
    peer = bench.connect(bench.keys[2], binary=talk.binary)
    talk.section = "call"
    later(bench, MINUTE)
    talk.hear(peer)
    later(bench, 116 * MINUTE)
    for ticks in (FALL + 70, FALL + 140, 2 * FALL):  # within the windows of BAND-012
        fall(bench, ticks)
        later(bench, MINUTE)
    buy = {"instrument": 1, "side": Side.BUY, "price": bench.price - 2 * FALL, "lots": 4}
    submit(bench, CommandKind.NEW, account=3, **buy)
    later(bench, int(bench.venue.states[0].accounts[2].call_due_ns) - bench.clock.now - NS_PER_S)
    peer.take()
    talk.section = "liquidation"
    later(bench, 2 * NS_PER_S)
    talk.hear(peer)


def cascade(talk: Talk) -> None:
    """A quarter ends: its position becomes positions in its months."""
    bench = talk.bench
    open_on(bench, QUARTER_ENDS)
    go_to(bench, QUARTER_ENDS, 21 * 3_600 - 2)
    trade(bench, 1, "H100.G90.Q1-27", 4, bench.price)
    peer = bench.connect(bench.keys[2], binary=talk.binary)
    talk.section = "cascade"
    bench.pass_ms(2_500)
    talk.hear(peer)
