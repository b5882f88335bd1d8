"""Days of a clearing house over the turn of a year, as a tape: every kind of control that clearing has (DUR-110).

A scenario in the notation of `gpux conformance` brings trades, calls, a liquidation, settlements, cascade, expiry and
the index. A transfer and a bust, which the notation does not have, follow its first day.
"""

from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandKind, EventKind
from exchange.conformance.clearing.lines import VerbLine
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.engine_house.house import EngineHouse
from exchange.conformance.engine_house.running import RunningVenue
from exchange.conformance.venues import rows
from exchange.engine.control.house.transfer import TransferPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine
from exchange.engine.event_rows import Row, read_rows
from exchange.limits import VENUE
from exchange.operator.busted_trades import bust_of

FIRST_DAY = """\
scenario G1 | SETTLE-001 CASCADE-002 | The turn of a year
start 2026-12-20
fees on
source H100.G90 CDP
account C 500000
account D 700000
10:05 order o1 B sells 40 H100.G90.G27 @2850 gtc
10:05 order o2 B sells 10 H100.G90.Q1-27 @2850 gtc
10:06 trade A buys 20 H100.G90.F27 @2850 from B
10:07 trade A buys 4 H100.G90.Q1-27 @2840 from B
10:08 trade A buys 2 H100.G90.C27 @2850 from B
10:09 trade A sells 5 H100.G90.F27-G27 @10 to B
10:10 trade A buys 3 H100.G90.F27/I @2850 from B
10:11 trade A buys 3 H100.G90.Z26/I @2850 from B
10:20 block A buys 60 H100.G90.G27 @2840 from B
10:30 trade C buys 1 H100.G90.H27 @2850 from B
10:31 trade D buys 1 H100.G90.H27 @2850 from B
11:00 rental H100.G90 2026-12-19 S1 400h @2800
11:00 rental H100.G90 2026-12-19 S2 400h @2820
11:00 rental H100.G90 2026-12-19 S3 400h @2840
"""
LATER = """\
13:00 trade A sells 1 H100.G90.H27 @2400 to B
13:05 order o3 B buys 5 H100.G90.H27 @2400 gtc
13:10 deposit D 400000
14:10 trade A buys 2 H100.G90.H27 @2500 from B
20:59 trade A buys 2 H100.G90.F27 @2860 from B
day 2026-12-21
10:30 adjust 2026-12-20 H100.G90.F27 A 1000 B -1000
day 2026-12-22
day 2026-12-23
13:00 committee H100.G90 2026-12-22 2830
day 2026-12-24
10:00 cancel o1
day 2026-12-25
12:30 trade A buys 1 H100.G90.J27 @2700 from B
"""


def clearing_tape() -> Tape:
    """Play the days. Returns every command, from the opening on."""
    scenario = read_clearing(FIRST_DAY + LATER, "golden")[0]
    first = len([line for line in FIRST_DAY.splitlines() if line[:2].isdigit()])
    house = EngineHouse()
    house.set_up(scenario.start_ns, scenario.setup)
    lines = [line for line in scenario.lines if isinstance(line, VerbLine)]
    for place, line in enumerate(lines):
        if place == first:
            _transfer_and_bust(house.venue)
        house.advance(line.time_ns)
        if line.name not in ("day", "close"):
            reason = house.carry_out(line)
            assert reason is None, f"{line.text}: {reason}"
    return _tape_of(house.venue)


def _transfer_and_bust(venue: RunningVenue) -> None:
    """A transfers lots to B, and the first trade is taken back."""
    row = venue.instruments["H100.G90.F27"]
    giver, taker = venue.account("A"), venue.account("B")
    given = TransferPayload(row.index, 1, row.settle_tick, giver, taker, by_two=True)
    venue.control(CommandKind.TRANSFER, encode_payload(given))
    taken_back = bust_of(venue.states[0], _rows_of_first_trade(venue), 1)
    venue.control(CommandKind.BUST, encode_payload(taken_back))


def _rows_of_first_trade(venue: RunningVenue) -> list[Row]:
    """Events of the command that made trade 1, by running the journal once more."""
    engine = Engine(VENUE)
    for command in venue.journal:
        row = rows([command.row])
        events = engine.apply(row) if command.payload is None else engine.control(row, command.payload)
        if (events["kind"] == EventKind.FILL).any():
            return read_rows(events)
    raise AssertionError("the first day has a trade")


def _tape_of(venue: RunningVenue) -> Tape:
    commands = rows([one.row for one in venue.journal if one.payload is None])
    controls = [TapeControl(rows([one.row]), one.payload) for one in venue.journal if one.payload is not None]
    return Tape(commands, controls, VENUE.name, "golden", notes={"source": "a scenario of a clearing house"})
