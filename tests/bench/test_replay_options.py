"""Every option and source of `gpux replay` is checked before the work begins; a wrong one is one line, exit code 2."""

import inspect
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.flows.flow import FLOWS
from bench.research.sources import source_names
from bench.tapes.tape import write_tape
from exchange.cli import app as cli
from tests.bench.lobster_pair import write_pair
from tests.bench.test_replay import run, small_tape, written_journal

FILES = {"save": ".parquet", "plot": ".png, .svg, .pdf"}  # option: endings that it takes
PACKAGES = {"save": ("pyarrow", "research"), "plot": ("matplotlib", "plot")}
# Values that are wrong whatever the source, with what is told.
WRONG = {
    "save": [("day.csv", "found ending '.csv', allowed: .parquet"), ("day", "found ending '', allowed: .parquet")],
    "plot": [("day.foo", "found ending '.foo', allowed: .png, .svg, .pdf")],
    "seed": [("-1", "--seed -1 "), ("x", "x")],
    "commands": [("0", "--commands 0 "), ("-5", "--commands -5 "), ("many", "many")],
    "messages": [("none.csv", "none.csv")],
    "book": [("none.csv", "none.csv")],
    "tick": [("0.01", "does not apply to")],
    "symbol": [("AAPL", "does not apply to")],
}
for option, endings in FILES.items():
    ending = endings.split(",", maxsplit=1)[0]
    WRONG[option] += [(f"folder{ending}", "this is a folder"), (f"no/day{ending}", "no folder")]
Sources = dict[str, list[object]]


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """One of each kind, sound, in the folder that the test runs in; a replay that begins with one of them fails."""
    monkeypatch.chdir(tmp_path)
    for ending in (".parquet", ".png"):
        (tmp_path / f"folder{ending}").mkdir()
    write_tape(small_tape(), tmp_path / "sound.parquet")
    tape = small_tape()
    tape.commands["time_ns"] = tape.controls[-1].row["time_ns"]
    written_journal(tmp_path / "data", tape)
    messages, book = write_pair(tmp_path)
    return {
        "flow": ["mixed"],
        "tape": [tmp_path / "sound.parquet"],
        "folder": [tmp_path / "data"],
        "lobster": ["lobster", "--messages", messages, "--book", book],
    }


def forbid_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def begins(*_: object, **__: object) -> None:
        raise AssertionError("the work has begun")

    for name in ("bench.replay.bound_apply", "bench.research.sources.make_flow", "bench.replay.Engine"):
        monkeypatch.setattr(name, begins)
    for name in (
        "bench.readers.lobster.read_numbers",
        "bench.tapes.tape.read_metadata",
        "exchange.journal.replay.read_frames",
    ):
        monkeypatch.setattr(name, begins)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    code, output, errors = run(capsys, *arguments)
    assert (code, output) == (2, "") and errors.startswith("gpux: ") and errors.count("\n") == 1, (arguments, errors)
    return errors


def test_every_option_has_wrong_values_here() -> None:
    looks = {"at", "explain", "account", "kind", "since", "until", "events", "json"}  # tests/bench/inspection
    assert set(WRONG) == set(inspect.signature(cli.replay).parameters) - {"source"} - looks


@pytest.mark.parametrize("option", WRONG)
def test_a_wrong_value_is_refused_before_the_work_begins(
    option: str, sources: Sources, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_work(monkeypatch)
    for kind, source in sources.items():
        if (option == "book" and kind != "lobster") or (option == "tick" and kind == "lobster"):
            continue  # an instrument, which only an opened source knows; what a pair takes
        for value, told in WRONG[option]:
            if f"--{option}" in source:
                place = source.index(f"--{option}") + 1
                arguments = [*source[:place], value, *source[place + 1 :]]
            else:
                arguments = [*source, f"--{option}", value]
            assert told in refusal(capsys, *arguments), (kind, value)


@pytest.mark.parametrize("option", PACKAGES)
def test_a_missing_package_is_told_with_its_extra_before_the_work_begins(
    option: str, sources: Sources, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forbid_work(monkeypatch)
    package, extra = PACKAGES[option]
    monkeypatch.setattr("bench.extras.find_spec", lambda name: None if name == package else object())
    ending = FILES[option].split(",", maxsplit=1)[0]
    for source in sources.values():
        told = refusal(capsys, *source, f"--{option}", tmp_path / f"day{ending}")
        assert told == f"gpux: --{option} needs {package}, which is not installed: pip install 'gpux[{extra}]'\n"


def test_a_tape_cannot_be_read_without_pyarrow(
    sources: Sources, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.extras.find_spec", lambda name: None)
    told = refusal(capsys, *sources["tape"])
    assert "sound.parquet needs pyarrow" in told and "pip install 'gpux[research]'" in told


def fifo(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_text("t,p\n1,2\n"), "not a Parquet file"),
        (lambda path: path.write_bytes(b""), "not a Parquet file"),
        (lambda path: path.write_bytes(b"PAR"), "not a Parquet file"),
        (fifo, "neither a file nor a folder"),
        (Path.mkdir, "not a data folder, as it has no journal/"),
    ],
)
def test_what_is_no_source_is_told_what_is(
    make: Callable[[Path], object], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "thing")
    line = refusal(capsys, tmp_path / "thing")
    assert f"{tmp_path / 'thing'}: {expected}; a source is {source_names()}" in line
    assert all(name in line for name in ("FILE.parquet", "data folder", "lobster", *FLOWS))


def test_a_name_that_no_file_can_have_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    name = "x" * 5_000
    assert f"{name}: no such file; a source is" in refusal(capsys, name)
    assert f"no folder {name}" in refusal(capsys, "mixed", "--save", f"{name}/day.parquet")


def test_both_files_of_a_pair_are_looked_for_before_one_is_read(
    sources: Sources, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_work(monkeypatch)
    *start, _ = sources["lobster"]
    assert "none.csv: no such file" in refusal(capsys, *start, "none.csv")
