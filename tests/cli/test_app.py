"""The command line: what a user gets wrong is told in one line, with exit code 2 and no traceback."""

import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import reduce
from pathlib import Path
from typing import Any, get_type_hints

import cyclopts
import pytest

from exchange.cli import app as cli
from exchange.errors import UserError
from exchange.wire.version import RELEASE

ROOT = Path(__file__).parent.parent

BAD_INPUT = [
    "no-such-command",
    "--no-such-option",
    "contracts NO-SUCH-SYMBOL",
    "contracts --date tomorrow",
    "contracts --date 9999-12-31",
    "contracts H100.G90.H27 --date 9999-12-31",
    "contracts --kind decade",
    "contracts --chip ABACUS",
    "contracts --spec no-such-folder",
    "replay no-such-file.parquet",
    "replay no-tape.parquet",
    "replay .",
    "replay lobster",
    "replay lobster --messages no-such-file.csv --book no-such-file.csv",
    "replay lobster --messages no-tape.parquet --book no-tape.parquet",
    "replay mixed --commands 0",
    "replay mixed --commands 99999999999999999999",
    "replay mixed --seed 8388608",
    "replay mixed --save no-such-folder/x.parquet",
    "replay mixed --save .",
    "replay mixed --seed -1",
    "conformance empty.txt",
    "demo --seconds 1e400",
    "operator settle missing H100.G90.F27=1e999999999",
    "replay mixed --commands many",
    "journal no-such-command",
    "journal verify no-such-folder",
    "journal verify .",
    "journal dump no-such-folder",
    "bench no-such-question",
    "demo --seconds -1",
    "demo --seconds soon",
    "conformance",
    "conformance no-such-file.txt",
    "conformance .",
    "watch H100.G90.F27 --url ws://127.0.0.1:1",
    "watch H100.G90.F27 --url no-address",
    "watch H100.G90.F27 --seconds -1",
    "watch H100.G90.F27 --levels 0",
    "serve no-tape.parquet --port 0",
    "serve /dev/null/x --port 0",
    "serve venue --port 65536",
    "serve venue --date 2026-13-45",
    "serve venue --close 25:00",
    "serve '' --port 0",
    "serve venue --origin '*'",
    "serve venue --origin null",
    "serve venue --origin ''",
    "serve venue --origin https://good.example --origin https://desk.example/page",
    "key make no-tape.parquet bob --account 1",
]
NOT_APPLYING = [  # a command, and the words in it that it cannot use
    ("replay no-tape.parquet --commands 5", "--commands 5"),
    ("replay no-tape.parquet --seed 1", "--seed 1"),
    ("replay no-tape.parquet --messages zz", "--messages zz"),
    ("replay . --seed 0", "--seed 0"),
    ("replay mixed --book zz", "--book zz"),
    ("replay lobster --messages zz --book zz --commands 5", "--commands 5"),
    ("contracts H100.G90.H27 --chip B200", "--chip B200"),
    ("contracts H100.G90.H27 --tier G90", "--tier G90"),
    ("contracts H100.G90.H27 --kind month", "--kind month"),
    ("contracts H100.G90.H27 --family PHY", "--family PHY"),
    ("contracts H100.G90.H27 --symbol-glob x", "--symbol-glob x"),
    ("contracts H100.G90.H27 --against zz", "the symbol H100.G90.H27"),
    ("contracts --chip B200 --against zz", "--chip B200"),
    ("contracts --json --against zz", "--json"),
]
BAD_INPUT += [command for command, _ in NOT_APPLYING]
BAD_SPECIFICATION = {  # BAD-069, CONFIG-007
    "contracts --spec no-such-folder",
    "contracts --date 9999-12-31",
    "contracts H100.G90.H27 --date 9999-12-31",
}


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "exchange.cli.app", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)


def is_one_line_on_stderr(text: str) -> bool:
    return text.startswith("gpux: ") and text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_told_in_one_line_with_its_exit_code(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journal").mkdir()  # looks like a data folder, but only at first sight
    (tmp_path / "empty.txt").touch()
    (tmp_path / "no-tape.parquet").write_text("neither Parquet nor numbers\n")
    with pytest.raises(SystemExit) as stopped:
        cli.main(shlex.split(command))
    output = capsys.readouterr()
    assert stopped.value.code == (78 if command in BAD_SPECIFICATION else 2)
    assert output.out == ""
    assert is_one_line_on_stderr(output.err), output.err


@pytest.mark.parametrize(("command", "unused"), NOT_APPLYING)
def test_option_that_does_not_apply_is_told(
    command: str, unused: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        cli.main(shlex.split(command))
    told = capsys.readouterr().err
    assert told.startswith(f"gpux: {unused} does not apply to ") and "allowed: " in told, told


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
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "exchange.wire.version.RELEASE"}


def test_help_names_every_command_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    for name in [name for name in cli.app if not name.startswith("-")]:
        assert name in shown
        assert cli.app[name].help, f"gpux {name} has no help text"


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
