"""The command line: help explains everything, and a mistake is one line with exit code 2 and no traceback."""

import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import reduce
from typing import Any, get_type_hints

import cyclopts
import pytest

from exchange.cli import app as cli
from exchange.errors import UserError
from exchange.wire.version import RELEASE
from tests.cli.mistakes import ROOT, is_one_line_on_stderr, mistake

HEAVY = (
    "bench", "clients", "contracts_spec", "exchange.engine", "exchange.gateway", "numpy", "numba", "textual",
    "websockets",
)  # fmt: skip


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "exchange.cli.app", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)


@pytest.mark.parametrize("command", ["no-such-command", "--no-such-option"])
def test_an_unknown_word_is_one_line_with_exit_code_2(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command in mistake(capsys, command)


def test_the_process_ends_as_the_function_says() -> None:
    ended = run(["no-such-command"])
    assert ended.returncode == 2
    assert is_one_line_on_stderr(ended.stderr), ended.stderr


@pytest.mark.parametrize("arguments", [["contracts"], ["contracts", "--json"]], ids=" ".join)
def test_a_reader_that_has_seen_enough_is_no_failure(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "exchange.cli.app", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.read(1)
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


@pytest.mark.parametrize("command", ["operator state venue H\udcff open", "serve \udcff", "contracts \udcff"])
def test_bytes_that_are_no_text_are_told_in_one_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(command.split())
    assert stopped.value.code == 2
    shown = capsys.readouterr().err
    assert is_one_line_on_stderr(shown) and "is not UTF-8" in shown


def test_an_error_of_several_lines_becomes_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = cyclopts.App(name="gpux")

    @broken.default
    def fail() -> None:
        raise UserError("chips.toml: line 3\n  memory_gb = -1: allowed 1..1024", code=65)

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as stopped:
        cli.main([])
    assert stopped.value.code == 65
    assert capsys.readouterr().err == "gpux: chips.toml: line 3 memory_gb = -1: allowed 1..1024\n"


def test_version_is_the_one_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert stopped.value.code == 0
    assert capsys.readouterr().out.strip() == RELEASE
    assert project["project"]["dynamic"] == ["version"], "one place says it"
    released = re.search(r"^## \[(.+)\] - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    cited = (ROOT / "CITATION.cff").read_text()
    assert released is not None and released[1] == RELEASE
    assert f"\nversion: {RELEASE}\ndate-released: {released[2]}\n" in cited
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "exchange.wire.version.RELEASE"}


def test_help_names_every_command_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    for name in [name for name in cli.app if not name.startswith("-")]:
        assert name in shown
        assert cli.app[name].help, f"gpux {name} has no help text"


def test_the_list_of_commands_needs_nothing_that_loads_slowly() -> None:
    script = "import json, sys; import exchange.cli.app; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert [name for name in json.loads(done.stdout) if name.startswith(HEAVY)] == []


def commands(app: cyclopts.App, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words that lead to each command that runs."""
    for name in [name for name in app if not name.startswith("-")]:
        yield from commands(app[name], (*path, name))
    if app.default_command is not None and path:
        yield path


def helps(group: Any) -> list[Any]:
    """What is said of each option of a group that commands share."""
    types = get_type_hints(type(group), include_extras=True)
    return [types[field.name].__metadata__[0] for field in fields(group)]


@pytest.mark.parametrize("path", list(commands(cli.app)), ids=" ".join)
def test_help_explains_every_parameter(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # no line is broken
    function = reduce(lambda app, name: app[name], path, cli.app).default_command
    with pytest.raises(SystemExit):
        cli.main([*path, "--help"])
    shown = capsys.readouterr().out
    told = inspect.getdoc(function).split("Args:\n")[1]
    for name, parameter in inspect.signature(function).parameters.items():
        if is_dataclass(parameter.default):
            assert all(told.help in shown for told in helps(parameter.default)), f"{name} is not explained in the help"
            continue
        words = re.search(rf"^ {{4}}{name}: (?P<text>.+(?:\n {{8}}.+)*)$", told, re.MULTILINE)
        assert words is not None, f"{name} is not explained in the source"
        assert " ".join(words["text"].replace("`", "").split()) in shown, f"{name} is not explained in the help"


@pytest.mark.parametrize("words", [["story"], ["journal", "verify", "data"]])
def test_a_command_that_ctrl_c_stops_says_so(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("exchange.demo.story.run.story", stopped)
    monkeypatch.setattr("exchange.venue.folder_check.verify_folder", stopped)
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 130
    assert capsys.readouterr().err == "gpux: stopped\n"
