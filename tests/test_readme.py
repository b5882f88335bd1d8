"""Every command and example in a README is real, and every module is listed beside its code."""

import ast
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import cyclopts
import pytest

from exchange.cli.app import app, main
from tests.source_tree import PACKAGES, ROOT, sources, tree

READMES = sorted(
    {
        ROOT / "README.md",
        ROOT / "PROTOCOL.md",
        *(file for folder in PACKAGES for file in ROOT.glob(f"{folder}/**/*.md")),
    }
)
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`((?:make|gpux) [^`]+)`")
PLACE = re.compile(r"(later )?`([\w/]+(?:/|\.\w+))`")
LINK = re.compile(r"\]\((?P<target>[^)#:]+)(?:#[^)]*)?\)")


def shown_commands(path: Path) -> list[str]:
    """Lines of `sh` blocks, and commands in running text; comments left out."""
    text = path.read_text()
    blocks = [match["text"] for match in FENCE.finditer(text) if match["language"] == "sh"]
    lines = [line for block in blocks for line in block.splitlines()]
    lines += CODE.findall(FENCE.sub("", text))
    return [shlex.join(shlex.split(line, comments=True)) for line in lines if line.strip() and not line.startswith("#")]


COMMANDS = sorted({command for path in READMES for command in shown_commands(path)})
MAKE = [command for command in COMMANDS if command.startswith("make ")]
GPUX = [command.removeprefix(".venv/bin/") for command in COMMANDS if command.startswith((".venv/bin/gpux", "gpux"))]


def test_readmes_show_commands() -> None:
    assert len(READMES) >= 2
    assert "make demo" in MAKE
    assert "make test" in MAKE
    assert GPUX


def test_only_commands_that_are_checked_here_are_shown() -> None:
    others = [command for command in COMMANDS if not command.startswith(("make ", "gpux", ".venv/bin/gpux"))]
    assert not others


@pytest.mark.parametrize("command", MAKE)
def test_make_knows_the_target(command: str) -> None:
    if not shutil.which("make"):
        pytest.skip("no make on this machine")
    ended = subprocess.run(["make", "-n", *command.split()[1:]], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("command", GPUX)
def test_the_command_line_takes_what_a_readme_shows(command: str) -> None:
    """Parsed as the real thing would, but not run: a misspelt command or option fails."""
    tokens = shlex.split(command)[1:]
    if tokens and tokens[-1] != "--help":
        # Running text may speak of `gpux replay` without its arguments.
        with contextlib.suppress(cyclopts.MissingArgumentError):
            app.parse_args(tokens, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("command", [command for command in GPUX if command.endswith("--help")])
def test_help_that_a_readme_shows_is_there(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(shlex.split(command)[1:])
    assert stopped.value.code == 0
    assert "Usage: gpux" in capsys.readouterr().out


def test_the_first_trade_does_what_the_readme_says(tmp_path: Path) -> None:
    blocks = list(FENCE.finditer((ROOT / "README.md").read_text()))
    place = next(number for number, block in enumerate(blocks) if block["language"] == "python")
    (tmp_path / "first_trade.py").write_text(blocks[place]["text"])
    ended = subprocess.run(
        [sys.executable, "first_trade.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert ended.stderr == ""
    assert ended.stdout == blocks[place + 1]["text"]


def test_an_option_that_does_not_exist_is_seen() -> None:
    with pytest.raises(cyclopts.CycloptsError):
        app.parse_args(["journal", "--no-such-option"], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    broken = [
        match["target"]
        for match in LINK.finditer(path.read_text())
        if not match["target"].startswith("http") and not (path.parent / match["target"]).exists()
    ]
    assert not broken


FOLDERS = sorted({path.parent for path in sources().values()})
MODULES = {path.name for path in sources().values()}


def file_names(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w/.])\w+\.py\b", text))


def first_column(text: str) -> set[str]:
    """Modules named in front of the gap of a line, which may be without `.py`."""
    columns = [line.split("  ")[0] for line in map(str.strip, text.splitlines()) if "  " in line]
    return {f"{name}.py" for column in columns for name in re.findall(r"\w+", column)}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_package_lists_every_module_and_none_that_is_gone(folder: Path) -> None:
    """In the docstring of its `__init__.py` or in its README."""
    docstring, readme = ast.get_docstring(tree(folder / "__init__.py")) or "", folder / "README.md"
    named = file_names(docstring + (readme.read_text() if readme.exists() else ""))
    modules = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    missing, gone = sorted(modules - named - first_column(docstring)), sorted(named - MODULES)
    assert not missing
    assert not gone


def test_the_map_of_the_exchange_names_every_package() -> None:
    parents = (ROOT / "exchange", ROOT / "exchange" / "engine")
    named = set(re.findall(r"`(\w+)/`", section("| package | what it does |")))
    assert named == {folder.name for folder in FOLDERS if folder.parent in parents}


def section(start: str) -> str:
    """The table of exchange/README.md that begins with a line."""
    return (ROOT / "exchange" / "README.md").read_text().split(start)[1].split("\n\n")[0]


def test_what_the_table_of_changes_names_is_there() -> None:
    """A newcomer who follows a row of "Where do I change ...?" finds every file and folder that it names. A file of a
    later version is named after the word "later"."""
    rows = [line for line in section("| change | first file | then |\n").splitlines() if line.startswith("| ")]
    places = [(place, bool(later)) for row in rows for later, place in PLACE.findall(row)]
    homes = (ROOT, ROOT / "exchange", ROOT / "contracts_spec")
    wrong = sorted(place for place, later in places if later == any((home / place).exists() for home in homes))
    assert len(rows) >= 17
    assert len(places) > 40
    assert not wrong
