"""Options of notebooks, and what they say if one is wrong."""

import sys
from pathlib import Path

import pytest

from bench.tutorial.notebook import options, save, say
from exchange.errors import UserError
from tests.bench.tutorial.runs import run_notebook
from tests.source_tree import ROOT


@pytest.fixture(autouse=True)
def _hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a notebook sets for its process is undone."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


def test_a_quick_run_has_its_own_number_of_commands(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    for quick, count in (((), 300), (("--quick",), 200)):
        chosen = options("", source="mixed", commands=(300, 200), arguments=["--out", str(out), *quick])
        assert len(chosen.source.commands) - chosen.source.resting_rows == count
        assert chosen.quick == bool(quick) and chosen.out == out and out.is_dir()


def test_a_notebook_without_a_source_opens_none(tmp_path: Path) -> None:
    assert options("", arguments=["--out", str(tmp_path)]).tape is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--source", "mixd"], "mixd: no such file"),
        (["--messages", "a.csv"], "--messages and --book: a LOBSTER pair needs both"),
        (["--seed", "-1"], "--seed -1 is not in 0"),
    ],
)
def test_a_wrong_source_is_named(arguments: list[str], text: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=text):
        options("", source="mixed", commands=(1, 1), arguments=["--out", str(tmp_path), *arguments])


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match=r"--out .*file: File exists"):
        options("", arguments=["--out", str(tmp_path / "file")])


def test_a_picture_is_written_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from matplotlib.figure import Figure

    save(Figure(), tmp_path, "empty.png")
    assert (tmp_path / "empty.png").read_bytes()[:4] == b"\x89PNG"
    assert capsys.readouterr().out == f"picture: {tmp_path / 'empty.png'}\n"


def test_an_error_of_the_user_in_a_later_cell_is_its_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options("", arguments=["--out", str(tmp_path)])
    assert sys.excepthook is say
    say(UserError, UserError("hawkes: not stationary"), None)
    assert capsys.readouterr().err == "hawkes: not stationary\n"
    say(ValueError, ValueError("ours"), None)
    assert "ValueError: ours" in capsys.readouterr().err


NOTEBOOKS = sorted(file.stem for file in (ROOT / "bench" / "tutorial").glob("*.py") if "# %%\n" in file.read_text())


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize("package", ["polars", "matplotlib", "gymnasium"])
def test_a_package_that_is_missing_is_named_with_its_extra(
    name: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any cell imports it."""
    text = (ROOT / "bench" / "tutorial" / f"{name}.py").read_text()
    if f"import {package}" in text or f"from {package}" in text:
        monkeypatch.setitem(sys.modules, package, None)
        extra = {"polars": "research", "matplotlib": "plot", "gymnasium": "environments"}[package]
        with pytest.raises(SystemExit, match=rf"needs {package}, which is not installed: .*gpux\[{extra}\]"):
            run_notebook(name, tmp_path, monkeypatch)
