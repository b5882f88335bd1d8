"""Averages are exact, orders are one line, JSON has the keys of the protocol."""

import json
from fractions import Fraction
from random import Random

import pytest

from exchange.cli.trading.showing import average, clock, moment, order_line, print_json, show, table
from exchange.wire.messages import OrderView

VIEW = OrderView(1, 90071, "mine", "open", "b", "limit", "day", 2810, 10, 6, 4, 11_242)


@pytest.mark.parametrize(
    ("value", "lots", "expected"),
    [
        (11_240, 4, "2.810"),
        (11_242, 4, "2.8105"),
        (-11_240, -4, "2.810"),
        (-15, 3, "-0.005"),
        (0, 0, ""),
        (1, 3, "0.0003"),
    ],
)
def test_an_average_is_to_a_tenth_of_a_mill(value: int, lots: int, expected: str) -> None:
    assert average(value, lots) == expected


def test_an_average_never_differs_by_a_tenth_of_a_mill() -> None:
    rng = Random(3)
    for _ in range(2_000):
        lots = rng.choice((-1, 1)) * rng.randint(1, 10_000)
        value = rng.randint(-(10**9), 10**9)
        error = abs(Fraction(value, lots * 1_000) - Fraction(average(value, lots)))
        assert error < Fraction(1, 10_000)


def test_an_order_is_one_line() -> None:
    assert order_line(VIEW, "A", stays="it stays") == (
        "order 90071 open: buy 10 A at 2.810 day, coid mine; filled 4 at 2.8105; 6 working, it stays"
    )
    done = OrderView(1, 90071, "", "cancelled", "s", "market", "ioc", 0, 10, 0, 0, 0)
    assert order_line(done, "A", "ioc") == "order 90071 cancelled: sell 10 A at market ioc; ioc"


def test_json_is_one_line_with_more_keys_in_front(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(VIEW, sym="A", why="", keep=False)
    text = capsys.readouterr().out
    assert text.count("\n") == 1 and text.startswith('{"sym":"A","keep":false,"i":1')
    assert json.loads(text)["coid"] == "mine" and "why" not in text


def test_an_empty_table_says_what_that_means(capsys: pytest.CaptureFixture[str]) -> None:
    made = table(("a", "b"), ("a",))
    show(made, "nothing")
    assert capsys.readouterr().out == "nothing\n"
    made.add_row("x" * 150, "1")
    show(made, "nothing")
    assert "x" * 150 in capsys.readouterr().out, "a pipe cuts no row"


def test_times_are_utc() -> None:
    assert (clock(3_723_000_000), moment(86_400_000_000)) == ("01:02:03", "1970-01-02 00:00:00")
