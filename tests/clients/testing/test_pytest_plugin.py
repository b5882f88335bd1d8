"""The fixture in a pytest of its own; the plugin costs nothing and breaks nothing where it is not used."""

import subprocess
import sys
import tomllib
from pathlib import Path

from exchange.engine.warmup import warm_up
from exchange.limits import VENUE
from tests.source_tree import ROOT

PLUGIN = "clients.testing.pytest_plugin"
TEST = """
import sys
from clients import blocking
from clients.testing import local_venue

local_venue.COMMAND = (sys.executable, "-m", "tests.one_day")

def test_a_trade(gpux_venue):
    with blocking.connect(gpux_venue.url, *gpux_venue.key(1), seed=1) as session:
        assert session.instrument("H100.G90.H27").hours == 744

def test_the_same_venue(gpux_venue):
    assert gpux_venue.url.startswith("ws://127.0.0.1:")
"""


def pytest_run(folder: Path, text: str) -> str:
    file = folder / "test_mine.py"
    file.write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_tests_share_one_venue(tmp_path: Path) -> None:
    warm_up(VENUE)
    assert "2 passed" in pytest_run(tmp_path, TEST)


def test_the_plugin_imports_neither_client_nor_venue(tmp_path: Path) -> None:
    text = "import sys\ndef test_it(): assert not {'clients.client', 'websockets', 'numba'} & set(sys.modules)\n"
    assert "1 passed" in pytest_run(tmp_path, text)


def test_pyproject_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"gpux": PLUGIN}
