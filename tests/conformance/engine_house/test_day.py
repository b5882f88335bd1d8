"""The points of the day, at their moments."""

from exchange.codes import CommandKind
from exchange.conformance.engine_house.running import RunningVenue
from exchange.units import NS_PER_S
from tests.conformance.engine_house.scenes import play

MINUTE_S = 60


def controls_of(venue: RunningVenue, kind: CommandKind) -> list[int]:
    """Seconds of their days at which controls of a kind ran, but for those of the opening."""
    rows = [command.row for command in venue.journal if command.payload is not None]
    return [row.time_ns // NS_PER_S % 86_400 for row in rows if row.kind == kind]


def test_marks_are_made_at_the_next_minute_if_something_has_happened() -> None:
    venue = play("10:30:20 deposit A 1\n10:30:40 deposit A 1\n10:31 deposit A 1\nday 2026-11-17\n")
    minutes = [10 * 60 + 31, 10 * 60 + 32, 12 * 60, 21 * 60 + 1]
    assert controls_of(venue, CommandKind.MARK) == [minute * MINUTE_S for minute in minutes]
    assert controls_of(venue, CommandKind.DAY_LIMITS) == [21 * 3600]


def test_a_quote_after_a_print_moves_the_mark_at_the_next_minute() -> None:
    play(
        """trade A buys 1 H100.G90.F27 @2820 from B
11:00 expect mark H100.G90.F27 2820
order o1 A buys 1 H100.G90.F27 @2825
order o2 A buys 1 H100.G90.G27 @2825
11:01 expect mark H100.G90.F27 2825
expect mark H100.G90.G27 2810
"""
    )


def test_the_close_comes_before_the_line_of_its_second() -> None:
    play(
        """20:59:59 trade A buys 5 H100.G90.F27 @2820 from B
21:00 expect settle H100.G90.F27 2820 T1
expect limits H100.G90.F27 2256..3384
order o1 A buys 1 H100.G90.F27 @3384
"""
    )
