"""`gpux experiment`: results, going on after a stop, failures, plots."""

from pathlib import Path

import polars
import pytest

from tests.cli.mistakes import ended, mistake

FILE = """
name = "width"
task = "tests.bench.experiments.own_tasks:fails_on"
seeds = [1, 2, 3]
[grid]
bad = [0, 2]
[[source]]
flow = "mixed"
commands = 100
[[plot]]
x = "bad"
y = ["double"]
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "width.toml"
    path.write_text(FILE)
    return path


@pytest.mark.rule("SCALE-073")
def test_an_experiment_runs_what_is_missing_and_says_what_failed(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    code, out, err = ended(capsys, "experiment", "width.toml", "--workers", "1", "--plot", "width.svg")
    assert (code, err) == (1, "")
    assert "width: 6 runs of task tests.bench.experiments.own_tasks:fails_on, 0 done before" in out
    assert "failed      mixed 100 p.bad=2 seed 2: ValueError: seed 2 is bad" in out and Path("width.svg").exists()
    rows = polars.read_parquet("results/width.parquet")
    assert rows.filter(polars.col("error") == "")["double"].sort().to_list() == [2, 2, 4, 6, 6]
    file.write_text(FILE.replace("[0, 2]", "[0, 9]"))
    code, out, _ = ended(capsys, "experiment", "width.toml", "--workers", "1")
    assert code == 0 and "6 runs of task" in out and "3 done before" in out
    assert len(polars.read_parquet("results/width.parquet")) == 9


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("experiment none.toml", "none.toml: cannot be read: No such file"),
        ("experiment width.toml --workers -1", "--workers -1 is not 0 or more"),
        ("experiment width.toml --workers 2 --cluster tcp://a:1", "--workers 2 does not apply to --cluster tcp://a:1"),
        ("experiment width.toml --out x.csv", "--out x.csv: found ending '.csv', allowed: .parquet"),
        ("experiment width.toml --plot x.txt", "--plot x.txt: found ending '.txt'"),
    ],
)
def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str], command: str, text: str) -> None:
    assert text in mistake(capsys, command)


def test_a_plot_needs_its_entry_in_the_file(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.write_text(FILE.split("[[plot]]")[0])
    assert "has no [[plot]] with x and y" in mistake(capsys, "experiment width.toml --plot x.svg")
