"""Every command and example that a README shows is real."""

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

ROOT = Path(__file__).parent.parent
READMES = sorted(
    {
        ROOT / "README.md",
        *(
            file
            for folder in ("exchange", "contracts_spec", "clients", "bench")
            for file in ROOT.glob(f"{folder}/*.md")
        ),
    }
)
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`((?:make|gpux) [^`]+)`")
LINK = re.compile(r"\]\((?P<target>[^)#:]+)(?:#[^)]*)?\)")


def shown_commands(path: Path) -> list[str]:
    """Lines of `sh` blocks, and commands in running text; comments left out."""
    text = path.read_text()
    blocks = [match["text"] for match in FENCE.finditer(text) if match["language"] == "sh"]
    lines = [line for block in blocks for line in block.splitlines()]
    lines += CODE.findall(FENCE.sub("", text))
    return [" ".join(shlex.split(line, comments=True)) for line in lines if line.strip() and not line.startswith("#")]


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


def test_the_map_of_the_exchange_names_every_module() -> None:
    """The layout picture stays true to the tree, both ways."""
    picture = layout_picture()
    modules = [path for path in sorted((ROOT / "exchange").rglob("*.py")) if path.name != "__init__.py"]
    missing = [str(path.relative_to(ROOT)) for path in modules if path.name not in picture[path.parent.name]]
    gone = [
        f"{folder}/{name}"
        for folder, names in picture.items()
        for name in names
        if not any(path.name == name and path.parent.name == folder for path in modules)
    ]
    assert not missing
    assert not gone


def test_what_the_table_of_changes_names_is_there() -> None:
    """A newcomer who follows a row of "Where do I change ...?" finds every file and folder that it names."""
    text = (ROOT / "exchange" / "README.md").read_text()
    table = text.split("## Where do I change ...?")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    places = {place for row in rows for place in re.findall(r"`([\w/*]+(?:/|\.\w+))`", row)}
    places = {place for place in places if not place.startswith("codes.") or place == "codes.py"}
    homes = (ROOT, ROOT / "exchange", ROOT / "contracts_spec")
    gone = sorted(place for place in places if not any((home / place).exists() for home in homes))
    assert len(rows) == 12
    assert len(places) > 25
    assert not gone


def layout_picture() -> dict[str, set[str]]:
    """Folder -> Python files that the picture of exchange/README.md names in it."""
    text = (ROOT / "exchange" / "README.md").read_text()
    block = next(match["text"] for match in FENCE.finditer(text) if "codes.py" in match["text"])
    folder, picture = "exchange", {"exchange": set[str]()}
    for line in block.splitlines():
        if line.rstrip() and not line.startswith(" "):
            folder = line.split("/")[0] if re.match(r"\w+/", line) else "exchange"
        picture.setdefault(folder, set()).update(re.findall(r"\b\w+\.py\b", line))
    return picture
