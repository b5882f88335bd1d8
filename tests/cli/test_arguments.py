"""Numbers on the command line: taken as typed or refused, at every option of every command there is."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_args

import cyclopts
import pytest

from exchange.cli import app as cli
from exchange.cli.arguments import decimal, whole
from exchange.cli.prices import parse_prices, parse_shares
from exchange.errors import UserError
from exchange.journal.dump import parse_range

NO_NUMBER = ["", " ", " 7", "7 ", "7\n", "+7", "1_000", "0x10", "0b1", "1e3", "nan", "inf", "none", "null"]
NO_NUMBER += ["９", "１", "٣", "¹", "½", "⑨", "many", "1,000", "1 000", "9.6.1", ".5", "5.", "$7", "7" * 19]
NO_WHOLE = [*NO_NUMBER, "9.6", "9.0", "0.6", "1000.7", "-0.5"]
GIVEN: dict[Any, str] = {
    int: "1",
    float: "1",
    str: "x",
    Path: "x",
}  # what other parameters take


def commands(app: cyclopts.App, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], cyclopts.App]]:
    """Every command that runs something, as it is typed."""
    for name in app:
        if not name.startswith("-"):
            inner = app[name]
            if inner.default_command is not None:
                yield (*path, name), inner
            yield from commands(inner, (*path, name))


def numbers(kind: type) -> list[tuple[str, str]]:
    """(command, parameter) of every parameter that is a number of a kind, or may be one, or a row of them."""
    return [
        (" ".join(path), argument.name)
        for path, command in commands(cli.app)
        for argument in command.assemble_argument_collection()
        if argument.hint is kind or kind in get_args(argument.hint)
    ]


def typed(path: str, name: str, text: str) -> list[str]:
    """The command line that gives a parameter a text, and all others that it needs a value."""
    arguments, words = path.split(), []
    there_are = cli.app.parse_commands(path)[1][-1].assemble_argument_collection()
    place = next((one.index for one in there_are if one.name == name), None) or 0
    for argument in there_are:
        choices = get_args(argument.hint)
        if argument.name == name and argument.index is None:
            words.append(f"{name}={text}")
        elif argument.name == name:
            words.append(text)
        elif argument.required or (argument.index is not None and argument.index < place):
            given = GIVEN.get(argument.hint) or str(choices[0])
            words += [given] if argument.index is not None else [f"{argument.name}={given}"]
    return [*arguments, *words]


INTEGERS, FLOATS = numbers(int), numbers(float)


def test_the_walk_finds_the_counts_and_the_money() -> None:
    assert {("operator deposit", "--mills"), ("operator withdraw", "--mills"), ("key make", "--account")} <= {*INTEGERS}
    assert {("replay", "--commands"), ("operator account", "--firm")} <= {*INTEGERS}
    assert {("demo", "--seconds"), ("watch", "--seconds")} <= {*FLOATS}


@pytest.mark.parametrize(("path", "name"), INTEGERS, ids=str)
def test_what_is_no_whole_number_is_refused_at_every_parameter_that_is_one(
    path: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in NO_WHOLE:
        refused(typed(path, name, text), name, text, "is not a whole number of at most 18 digits", capsys)


@pytest.mark.parametrize(("path", "name"), FLOATS, ids=str)
def test_what_is_no_decimal_number_is_refused_at_every_parameter_that_is_one(
    path: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in NO_NUMBER:
        refused(typed(path, name, text), name, text, "is not a decimal number", capsys)


def refused(arguments: list[str], name: str, text: str, allowed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line that names the parameter, what was found, and what is allowed."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    told = capsys.readouterr()
    starts = tuple(f"gpux: {called} {' '.join(repr(text).split())} {allowed}" for called in (name, name[2:].upper()))
    assert stopped.value.code == 2 and told.out == "" and told.err.count("\n") == 1, arguments
    assert told.err.startswith(starts), (arguments, told.err)


@pytest.mark.parametrize(("path", "name"), INTEGERS, ids=str)
def test_a_whole_number_arrives_as_it_was_typed(path: str, name: str) -> None:
    for text in ("0", "7", "-1", "1000", "999999999999999999", "-999999999999999999"):
        _, bound, _ = cli.app.parse_args(typed(path, name, text), exit_on_error=False, print_error=False)
        assert given(bound.arguments)[name.lstrip("-").replace("-", "_")] == int(text)


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """Values by parameter, those of groups that commands share among them."""
    groups = [vars(value) for value in arguments.values() if is_dataclass(value)]
    return dict(arguments) | {name: value for group in groups for name, value in group.items()}


def test_a_decimal_number_arrives_as_it_was_typed() -> None:
    assert [decimal(text) for text in ("0", "60", "0.5", "-1", "2.25")] == [0, 60, 0.5, -1, 2.25]
    assert [whole(text) for text in ("0", "007", "-1")] == [0, 7, -1]


@pytest.mark.parametrize("text", [f"{one}-" for one in NO_WHOLE] + ["1-9.6", "1- 7", "1_0", "0", "3-2"])
def test_a_range_of_records_is_one_of_whole_numbers(text: str) -> None:
    with pytest.raises(UserError, match="--seq"):
        parse_range(text)


@pytest.mark.parametrize("text", [*NO_NUMBER, "7" * 5_000, "2.8455", "0.0001"])
def test_a_settlement_is_exact_to_the_mill_and_a_share_is_whole(text: str) -> None:
    with pytest.raises(UserError, match="H100"):
        parse_prices([f"H100.G90.H27={text}"])
    for share in (f"7={text}", f"{text}=30", "7=0.5", "7=-5", "-7=30"):
        with pytest.raises(UserError, match="is not ACCOUNT=PERCENT"):
            parse_shares([share])
    assert parse_prices(["A=2.845", "B=-0.5", "C=3"]) == {"A": 2845, "B": -500, "C": 3000}
    assert parse_shares(["7=30"]) == [(7, 30)]
