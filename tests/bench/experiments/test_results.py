"""Files of results: what is in them, what a stopped experiment finds in them, and damaged ones."""

from pathlib import Path

import polars
import pytest

from bench.experiments.outcome import OWN, RunOutcome
from bench.experiments.plan import ExperimentRun
from bench.experiments.results import open_results
from bench.experiments.tasks import RunSource
from exchange.errors import UserError

SOURCE = RunSource("mixed", "flow mixed 100")


def outcome(seed: int, error: str = "", **record: object) -> RunOutcome:
    return RunOutcome(ExperimentRun("replay", SOURCE, {"width": 2}, seed, "code"), record, 0.5, error)


@pytest.mark.rule("SCALE-073")
def test_results_are_read_again_and_a_failed_run_counts_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "width.parquet"
    good, bad = outcome(1, trades=7, state_hash="ab"), outcome(2, "ValueError: no", trades=3)
    with open_results(path, "width") as results:
        results.add(good)
        results.add(bad)
        results.save()
    with open_results(path, "width") as again:
        assert again.has(good.run.id) and not again.has(bad.run.id) and not again.has(outcome(3).run.id)
        assert [(row["trades"], row["error"]) for row in again.rows({bad.run.id})] == [(3, "ValueError: no")]
        again.add(outcome(2, trades=8, state_hash="cd"))
        again.save()
    rows = polars.read_parquet(path).sort("seed").to_dicts()
    assert [(row["seed"], row["p.width"], row["trades"], row["error"]) for row in rows] == [
        (1, 2, 7, ""),
        (2, 2, 8, ""),
    ]
    assert rows[0]["tape_hash"] == "flow mixed 100" and '"numba"' in rows[0]["versions"] and set(OWN) <= set(rows[0])


@pytest.mark.rule("SCALE-073")
def test_a_file_has_one_writer_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "width.parquet"
    for seed in (1, 2):
        with open_results(path, "width") as results:
            refused = pytest.raises(UserError, match=r"width\.parquet: another experiment is writing it; wait ")
            with refused, open_results(path, "other"):
                pass
            results.add(outcome(seed, trades=1))
            results.save()
    assert len(polars.read_parquet(path)) == 2


def test_files_that_are_no_results_are_named(tmp_path: Path) -> None:
    text, cut, other = tmp_path / "a.parquet", tmp_path / "b.parquet", tmp_path / "c.parquet"
    text.write_text("hello")
    polars.DataFrame({"x": [1]}).write_parquet(other)
    cut.write_bytes(other.read_bytes()[:-9])
    for path, wanted in ((text, "no results of an experiment"), (cut, "damaged: "), (other, "no results of an exp")):
        with pytest.raises(UserError, match=rf"{path.name}: {wanted}"), open_results(path, "x"):
            pass
