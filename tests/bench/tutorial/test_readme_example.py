"""The program at the start of bench/README.md runs, and prints what it says."""

import re

import pytest

import bench
from tests.bench.readme import README, run_block


def test_the_smallest_program_places_an_order_and_sees_its_fill(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_block("Tutorial")
    replay, order = names["replay"], names["order"]
    assert isinstance(replay, bench.Replay)
    before, after = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"before it: \(\d+, \d+\)", before)
    assert after == f"{order} {replay.fills}" and len(replay.fills) == 1


def test_every_notebook_is_in_the_table() -> None:
    listed = set(re.findall(r"\(tutorial/(\w+\.py)\)", README.read_text()))
    scripts = {file.name for file in (README.parent / "tutorial").glob("*.py") if "# %%" in file.read_text()}
    assert listed == scripts - {"__init__.py"} and len(listed) == 5
