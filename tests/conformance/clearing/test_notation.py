"""Files of clearing scenarios: heads, order of lines, times, comments, and the places of mistakes."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.periods import day_start_ns
from exchange.conformance.clearing.lines import CalcLine, ConfigLine, ExpectLine, VerbLine
from exchange.conformance.clearing.notation import is_clearing, read_clearing
from exchange.conformance.words import NotationError
from exchange.units import NS_PER_S

HEAD = "scenario A1 | SETTLE-001 | a title"
EXAMPLE = """
# a comment
scenario K1 | CASCADE-001 CASCADE-002 | A quarter becomes its months   # no money moves
needs certificates
start 2026-12-21                            # last trading day of Q1-27
calc hours H100.G90.F27 = 744
prior H100.G90.Q1-27 2826
trade A buys 4 H100.G90.Q1-27 @2826 from B
close
expect cash A 0
day 2026-12-22
12:30 expect cash A -138240
order o1 A buys 1 H100.G90.Q1-27 @2800 -> refused STATE
config margin.covered_bp 10001 -> refused CONFIG-003

scenario K2 | | Nothing
"""


def clock(day: date, second: int) -> int:
    return day_start_ns(day) + second * NS_PER_S


def test_a_scenario_is_read_in_order_with_the_moment_of_every_line() -> None:
    first, second = read_clearing(EXAMPLE, "t")
    assert (first.name, first.codes, first.title) == (
        "K1",
        ("CASCADE-001", "CASCADE-002"),
        "A quarter becomes its months",
    )
    assert (first.place, second.name, second.lines, second.codes) == ("t:3", "K2", (), ())
    assert first.needs == ("certificates",)
    assert [line.name for line in first.setup] == ["needs", "start", "prior"]
    assert [type(line) for line in first.lines] == [
        *(CalcLine, VerbLine, VerbLine, ExpectLine, VerbLine, ExpectLine, VerbLine, ConfigLine)
    ]
    day = date(2026, 12, 21)
    times = [line.time_ns for line in first.lines if isinstance(line, VerbLine | ExpectLine)]
    assert first.start_ns == clock(day, 36_000)
    assert times == [
        *(clock(day, 36_000), clock(day, 76_200), clock(day, 76_200)),
        *(clock(date(2026, 12, 22), second) for second in (36_000, 45_000, 45_000)),
    ]
    assert [line.refused for line in first.lines if isinstance(line, VerbLine | ConfigLine)] == [
        *("", "", "", "STATE", "CONFIG-003")
    ]


def test_several_closes_are_several_days() -> None:
    lines = read_clearing(f"{HEAD}\nclose\nclose\n21:30 close", "t")[0].lines
    days = [line.time_ns for line in lines if isinstance(line, VerbLine)]
    assert days == [clock(date(2026, 11, day), 76_200) for day in (16, 17, 18)]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ("close\nstart 2026-12-01", "t:3:1: found 'start', allowed: set-up before all other lines"),
        ("sell A", "t:2:1: found 'sell', allowed: a time, trade block order"),
        ("12:30", "t:2:6: found nothing more, allowed: a time"),
        ("12:30 close\n12:00 expect fees 0", "t:3:1: found '12:00', allowed: a time from 21:10:00 on"),
        ("12:30 expect fees 0\n12:29:59 close", "t:3:1: found '12:29:59', allowed: a time from 12:30:00 on"),
        ("day 2026-11-15", "t:2:5: found '2026-11-15', allowed: a date after 2026-11-16"),
        ("close\nday 2026-11-16", "t:3:5: found '2026-11-16', allowed: a date after 2026-11-16"),
        ("expect", "t:2:7: found nothing more, allowed: an expectation: settle mark"),
        ("expect cash A", "t:2:14: found nothing more, allowed: money in mills"),
        ("close -> refused", "t:2:17: found nothing more, allowed: UNKNOWN_ACCOUNT BAD_QTY"),
        ("close -> declined STATE", "t:2:10: found 'declined', allowed: refused"),
        ("close -> refused BECAUSE", "t:2:18: found 'BECAUSE', allowed: UNKNOWN_ACCOUNT BAD_QTY"),
        ("close -> refused STATE now", "t:2:24: found 'now', allowed: the end of the line"),
        ("config margin.covered_bp", "t:2:25: found nothing more, allowed: config KEY VALUE"),
        ("config covered_bp 1", "t:2:8: found 'covered_bp', allowed: config KEY VALUE"),
        ("config margin.covered_bp 1 2", "t:2:28: found '2', allowed: config KEY VALUE"),
        ("config margin.covered_bp 1 -> refused STATE", "t:2:39: found 'STATE', allowed: CONFIG-001"),
        ("needs everything", "t:2:7: found 'everything', allowed: certificates delivery default"),
        (HEAD, "t:2:10: found 'A1', allowed: an id that no scenario before has"),
        ("scenario A2 | SETTLE-001", "t:2:25: found nothing more, allowed: scenario ID | RULE-CODES | title"),
        ("scenario A2 | nocode | t", "t:2:15: found 'nocode', allowed: rule codes like SETTLE-001"),
    ],
)
def test_a_mistake_is_told_where_it_is(lines: str, error: str) -> None:
    with pytest.raises(NotationError) as caught:
        read_clearing(f"{HEAD}\n{lines}", "t")
    assert str(caught.value).startswith(error)


def test_lines_before_the_first_head_are_refused() -> None:
    with pytest.raises(NotationError, match=r"^t:2:3: found 'close', allowed: scenario ID"):
        read_clearing(f"# a comment\n  close\n{HEAD}", "t")


def test_a_file_is_known_by_its_first_line() -> None:
    assert is_clearing(EXAMPLE)
    assert not is_clearing("")
    assert not is_clearing("S1 | MATCH-001 | - | - | - | -")
    assert not is_clearing("scenario of mine | MATCH-001 | - | - | - | -")


@given(st.lists(st.text(alphabet="scenario A|close@12:30-> .expctH100G9F7\n", max_size=30), max_size=8))
def test_any_text_is_read_or_refused(pieces: list[str]) -> None:
    with contextlib.suppress(NotationError):
        assert read_clearing("\n".join([HEAD, *pieces]), "t")[0].name == "A1"
