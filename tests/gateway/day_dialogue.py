"""The part of the dialogue that takes days: a venue that settles, with an index.

play_days(folder, binary) -> lines, as `dialogue.play_dialogue`
"""

from dataclasses import replace

import msgspec

from exchange.codes import CommandKind
from exchange.engine.control.house.index import IndexPayload, RentalReport
from exchange.gateway.throttle import STANDARD
from exchange.units import NS_PER_DAY
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.messages import ChannelSpec, Subscribe
from tests.gateway.harness import START_NS, SYMBOL, Bench
from tests.gateway.talk import Line, Talk
from tests.publish.daily.days import jump_to
from tests.venue.daily.test_index_keeper import MONTH

PATIENT = replace(STANDARD, dead_ms=1 << 40, heartbeat_ms=1 << 40)  # connections outlive jumps of the clock
NOON_S = 12 * 3_600
YESTERDAY = START_NS // NS_PER_DAY - 1


def play_days(folder: str, binary: bool) -> list[Line]:
    """What clients hear in the course of days."""
    with Bench(folder, PATIENT, schedule=DaySchedule(), symbols=(SYMBOL, MONTH)) as bench:
        talk = Talk(bench, binary)
        index(talk)
        return talk.lines


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
