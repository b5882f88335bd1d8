"""The program at the start of bench/README.md runs, and prints what it says."""

import re
from pathlib import Path

import pytest

import bench

README = Path(bench.__file__).with_name("README.md")


def test_the_smallest_program_places_an_order_and_sees_its_fill(capsys: pytest.CaptureFixture[str]) -> None:
    section = README.read_text().split("## Tutorial")[1]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    names: dict[str, object] = {}
    exec(compile(found.group(1), str(README), "exec"), names)  # noqa: S102
    replay, order = names["replay"], names["order"]
    assert isinstance(replay, bench.Replay)
    before, after = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"before it: \(\d+, \d+\)", before)
    assert after == f"{order} {replay.fills}" and len(replay.fills) == 1


def test_every_notebook_is_in_the_table() -> None:
    listed = set(re.findall(r"\(tutorial/(\w+\.py)\)", README.read_text()))
    scripts = {file.name for file in (README.parent / "tutorial").glob("*.py") if "# %%" in file.read_text()}
    assert listed == scripts - {"__init__.py"} and len(listed) == 5
