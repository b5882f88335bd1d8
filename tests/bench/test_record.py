"""Result files say what was measured, where and with what."""

import json
import re
import tomllib
from pathlib import Path

import numpy as np

from bench.record import PACKAGES, distribution, machine, sum_of_least_parts, time_ns, versions, write_record
from tests.source_tree import ROOT

EXTRAS = ("research", "environments", "cluster", "bench")  # figures of `gpux bench` depend on them


def test_distribution_is_least_median_and_nearest_rank_p99() -> None:
    figure = distribution([float(value) for value in range(200, 0, -1)], "ns")
    assert (figure.least, figure.median, figure.p99, figure.count) == (1, 100, 198, 200)
    assert distribution([7.0], "ns").p99 == 7
    assert figure.text() == "1.0 / 100.0 / 198.0 ns"


def test_each_part_counts_with_the_least_that_it_took() -> None:
    assert sum_of_least_parts([np.array([5, 9, 2]), np.array([4, 10, 3])]) == 4 + 9 + 2


def test_record_names_machine_versions_seed_and_commit(tmp_path: Path) -> None:
    figures = {"mixed": {"pass": distribution([1.0, 2.0], "ns"), "state_hash": "ab"}}
    path = write_record("mixed", {"mixed": {"seed": 1}}, figures, tmp_path / "results")
    record = json.loads(path.read_text())
    assert record["question"] == "mixed" and record["parameters"]["mixed"]["seed"] == 1
    assert record["figures"]["mixed"]["pass"] == {"unit": "ns", "count": 2, "least": 1.0, "median": 1.0, "p99": 2.0}
    assert {"commit", "kernel_sources", "time"} <= record.keys()
    assert record["machine"]["cores"] and record["versions"]["numpy"]


def test_machine_and_versions_are_known() -> None:
    assert machine()["memory_mib"] > 0
    assert versions()["numba"] != "not installed"


def test_packages_of_the_extras_that_are_measured_are_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [text for extra in EXTRAS for text in project["optional-dependencies"][extra]]
    assert {re.split(r"[\[<>=]", text)[0] for text in needed} - {"gpux"} <= set(PACKAGES)


def test_time_is_that_of_the_call() -> None:
    assert 0 < time_ns(lambda: sum(range(10_000))) < 10**9
