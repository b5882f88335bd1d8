"""Experiment files: what they list, and what is found wrong in them before any run begins."""

import sys
from pathlib import Path

import pytest

from bench.experiments.plan import read_plan
from bench.experiments.running import outcomes, processes
from exchange.errors import UserError

FILE = """
name = "width"
task = "tests.bench.experiments.own_tasks:product"
seeds = [1, 2]
[fixed]
a = 3
[grid]
b = [1, 2.5]
c = ["x", "y"]
[[source]]
flow = "mixed"
commands = 100
[[source]]
name = "long"
flow = "mixed"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "width.toml"
    path.write_text(FILE)
    return path


def test_every_source_point_and_seed_is_a_run(file: Path) -> None:
    plan = read_plan(file, "v")
    assert len(plan.runs) == 2 * 2 * 2 * 2 and (plan.name, plan.plots) == ("width", [])
    assert {run.source.name for run in plan.runs} == {"mixed 100", "long"}
    first = plan.runs[0]
    assert (first.parameters, first.seed) == ({"a": 3, "b": 1, "c": "x"}, 1)


@pytest.mark.rule("SCALE-073")
def test_the_id_of_a_run_is_of_code_source_parameters_and_seed(file: Path) -> None:
    ids = {run.id for run in read_plan(file, "v").runs}
    assert len(ids) == 16
    assert ids == {run.id for run in read_plan(file, "v").runs}
    assert not ids & {run.id for run in read_plan(file, "other code").runs}
    file.write_text(FILE.replace("a = 3", "a = 4"))
    assert not ids & {run.id for run in read_plan(file, "v").runs}
    file.write_text(FILE.replace("seeds = [1, 2]", "seeds = [2, 3]"))
    assert len(ids & {run.id for run in read_plan(file, "v").runs}) == 8
    file.write_text(FILE.replace('name = "long"', 'name = "longer"'))
    assert ids == {run.id for run in read_plan(file, "v").runs}, "a name is only a name"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("seeds", "seed", "file: Object contains unknown field `seed` (a file has name, task, seeds, source"),
        ("seeds = [1, 2]", "seeds = []", "seeds is empty"),
        ("seeds = [1, 2]", "seeds = [1, 1]", "seeds has 1 twice"),
        ("seeds = [1, 2]", 'seeds = [1, "2"]', "seeds[1]: Expected `int`, got `str`"),
        ("a = 3", "d = 3", "fixed: task tests.bench.experiments.own_tasks:product has no 'd', allowed: a, b, c"),
        ("b = [1, 2.5]", "b = []", "grid.b is empty"),
        ("b = [1, 2.5]", "b = 1", "grid[...]: Expected `array`, got `int`"),
        ("b = [1, 2.5]", "a = [1, 2]", "a is in [fixed] and in [grid]"),
        ("a = 3", "", "needs a, in [fixed] or [grid]"),
        ('name = "width"', 'name = "Width!"', "name 'Width!', allowed: 1 to 64 of a-z"),
        ("commands = 100", "comands = 100", "source[0]: Object contains unknown field `comands`"),
        ("commands = 100", "commands = -1", "source 1: commands -1, allowed: 1 or more"),
        ("commands = 100", 'tape = "x.parquet"', "source 1: give tape or flow, one of them"),
        ('flow = "mixed"\ncommands = 100', 'tape = "x.parquet"', "x.parquet: no such file"),
        ('name = "long"\nflow = "mixed"', 'flow = "mixd"', "source 2: flow 'mixd', allowed: mixed, "),
        ('name = "long"', 'name = "mixed 100"', "two sources are called 'mixed 100'"),
        ("own_tasks:product", "own_tasks:nothing", "has no attribute 'nothing'"),
        ("tests.bench.experiments.own_tasks:product", "replai", "task 'replai', allowed: "),
        ("tests.bench.experiments.own_tasks:product", ":f", "task ':f', allowed: replay, quote, facts, or MODULE:FUNC"),
        ("tests.bench.experiments.own_tasks:product", ".x:f", "task '.x:f', allowed: "),
        ("tests.bench.experiments.own_tasks:product", "none:f", "ModuleNotFoundError: No module named 'none'"),
        ("tests.bench.experiments.own_tasks:product", "os:sep", "task 'os:sep' is of type str, allowed: a function"),
        ("tests.bench.experiments.own_tasks:product", "bad_text:f", "task 'bad_text:f': SyntaxError: "),
        (
            "own_tasks:product",
            "own_tasks:no_task",
            "own_tasks:no_task: missing a required argument: 'width', allowed: FUNCTION(",
        ),
        ('name = "width"', 'name = "width', "file: Illegal character"),
        ('c = ["x", "y"]', 'c = ["x", "y"]\n[[plot]]\nx = "a"\ny = ["sum"]', "plot: x 'a' is not in [grid]: b, c"),
    ],
)
def test_a_mistake_in_a_file_is_found_before_any_run(file: Path, before: str, after: str, text: str) -> None:
    assert before in FILE
    file.with_name("bad_text.py").write_text("def f(:")
    file.write_text(FILE.replace(before, after, 1))
    with pytest.raises(UserError) as caught:
        read_plan(file, "v")
    assert text in str(caught.value)
    assert str(caught.value).startswith(f"{file}: ")


def test_a_task_beside_the_file_is_found_by_workers_too(file: Path) -> None:
    file.with_name("task_beside.py").write_text("def run(source, seed):\n    return {'double': 2 * seed}\n")
    file.write_text('name = "beside"\ntask = "task_beside:run"\nseeds = [4]\n[[source]]\nflow = "mixed"\n')
    with pytest.MonkeyPatch.context() as patch:  # a worker begins with the path of this process
        patch.setattr(sys, "path", [*sys.path])
        (run,) = read_plan(file).runs
    (outcome,) = outcomes([run], processes(1), 1)
    assert (outcome.error, outcome.record) == ("", {"double": 8})


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_plan(tmp_path / "no.toml", "v")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"bytes\.toml: file: "):
        read_plan(tmp_path / "bytes.toml", "v")
