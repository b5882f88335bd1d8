"""Whole trading days on a venue without sockets, with connections that outlive jumps of the clock."""

from dataclasses import replace

from exchange.gateway.throttle import LOOPBACK
from exchange.units import NS_PER_S
from exchange.venue.day_schedule import DAY_S, DaySchedule
from tests.gateway.harness import Bench
from tests.venue.daily.test_settler import trade

PATIENT = replace(LOOPBACK, dead_ms=1 << 40, heartbeat_ms=1 << 40)
WINDOW_S, CLOSE_S = 20 * 3_600 + 59 * 60, 21 * 3_600


def open_bench(folder: str, later_ns: int = 0) -> Bench:
    """A venue that closes at 21:00."""
    return Bench(folder, PATIENT, schedule=DaySchedule(), later_ns=later_ns)


def jump_to(bench: Bench, second_of_day: int) -> None:
    """Let the clock jump to the next such time."""
    bench.clock.now += (second_of_day - bench.clock.now // NS_PER_S % DAY_S) % DAY_S * NS_PER_S
    bench.pass_ms(100)


def end_day(bench: Bench, request: int, *prints: tuple[int, int]) -> None:
    """Trade in the closing window, each print (price_tick, lots) from account 1 to 2, then settle, and open again."""
    jump_to(bench, WINDOW_S)
    for place, (tick, lots) in enumerate(prints):
        trade(bench, request + place, tick, lots)
    jump_to(bench, CLOSE_S + 1)
    bench.pass_ms(100)
    jump_to(bench, CLOSE_S + 400)
    bench.pass_ms(100)
