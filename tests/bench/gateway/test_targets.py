"""Every figure stands beside its targets, and a question that failed does not hide the others."""

import pytest
from rich.table import Table

from bench.gateway import targets
from bench.gateway.questions import QUESTIONS
from bench.gateway.served import LoadError
from bench.gateway.targets import ROWS, TARGETS, compare, run_gateway, target_table
from bench.record import Report

TIMES = {"count": 10, "p50_us": 200.0, "p99_us": 300.0, "p99.9_us": 400.0}
ACKS = TIMES | {"acks_per_s": 50_000, "server_cpu_us": 10.0, "client_cpu_us": 3.0}
STEP = TIMES | {"share": 0.5, "offered_per_s": 1_000}
STALLED = {"none": TIMES, "stalled": TIMES, "p99_ratio": 1.0, "count": 10, "subscribers": 100}
OVERLOADED = {
    "offered_per_s": 500_000, "answered_per_s": 50_000, "memory_kib": 2_048, "cancel": TIMES, "p99_ratio": 3.0,
    "counts": {"ok": 10, "err": 2, "busy": 1, "throttled": 1},
}  # fmt: skip
ANSWERS = {
    "latency": TIMES | {"echo": TIMES, "sync": TIMES | {"p50_us": 100.0}},
    "throughput": {
        "question": "throughput",
        "echo": ACKS,
        "json": ACKS | {"server_cpu_us": 3.0, "acks_per_s": 100_000},
    },
    "calls": {"python_calls": {"json": 3.0, "msgpack": 4.0}},
    "open_loop": {"closed_loop_acks_per_s": 2_000, "steps": [STEP]},
    "watched": {"plain": ACKS, "raw": ACKS, "cpu_ratio": {"raw": 1.0, "calm": 1.0}},
    "mixed": {"plain": ACKS, "mixed": ACKS, "cpu_ratio": 1.6},
    "fanout": {
        "subscribers": 500,
        "changes_a_tick": {"4": {"deliveries_per_s": 900_000}, "16": {"deliveries_per_s": 3_000_000}},
    },
    "last_reader": TIMES | {"subscribers": 100},
    "stalled": STALLED,
    "many_stalled": STALLED,
    "overload": OVERLOADED,
    "storm": {"alone": TIMES, "orders": TIMES, "clients": 500, "seconds": 1.5},
    "resume": {"missed": 1_000, "p50_ms": 7.0},
    "relogon": {"clients": 500, "seconds": 6.0},
    "idle": {"connections": 500, "kib_each": 13.6},
}


def test_every_figure_is_read_from_the_answers() -> None:
    rows = {row["metric"]: row for row in compare(ANSWERS)}
    assert len(rows) == len(TARGETS)
    assert {metric[-6:] for metric, row in rows.items() if row["measured"] is None} == {"binary"}
    json_cpu = rows["server CPU an acknowledgement, to the echo's: JSON"]
    assert (json_cpu["measured"], json_cpu["must"], json_cpu["ambitious"], json_cpu["reached"]) == (
        0.3,
        0.4,
        0.25,
        "must",
    )
    assert rows["deliveries to 500 subscribers, 4 a tick"]["reached"] == "no"
    assert rows["deliveries to 500 subscribers, 16 a tick"]["reached"] == "ambitious"
    assert rows["500 clients log on again"]["reached"] == "no"
    assert rows["durable acknowledgements, to the echo's: JSON"]["reached"] == "no"
    assert rows["Python calls an acknowledgement"]["reached"] == "must", "a bound is reached when it is met"


def test_metrics_have_different_names_and_ambition_asks_more() -> None:
    assert len({target.metric for target in TARGETS}) == len(TARGETS)
    assert all(target.ambitious > target.must if target.more else target.ambitious < target.must for target in TARGETS)


def test_an_encoding_without_a_figure_has_an_empty_row() -> None:
    rows = compare(ANSWERS)
    table = target_table(rows)
    assert table.row_count == len(TARGETS)
    assert [row["reached"] for row in rows if row["measured"] is None] == ["", ""]


def test_a_question_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(name: str, scale: float) -> dict[str, object]:
        assert name != "idle"
        return measured(name, scale)

    def measured(name: str, scale: float) -> dict[str, object]:
        assert name != "mixed", "the mix is wrong"
        if name == "idle":
            raise LoadError("exit code 1")
        return ANSWERS[name] | {"scale": scale}

    monkeypatch.setattr(targets, "measure", measure)
    monkeypatch.setattr(targets, "measure_apart", measured)
    report = Report(True, Table("what", "figure", "detail"))
    with pytest.raises(AssertionError, match=r"(?s)mixed: the mix is wrong.*; idle: exit code 1"):
        run_gateway(report, "gateway")
    assert report.figures.keys() == {*QUESTIONS, "targets"} - {"mixed", "idle"}
    assert report.table.row_count == len(QUESTIONS) - 2 and len(report.tables) == 1
    (mixed,) = (row for row in report.figures["targets"]["rows"] if row["metric"].startswith("CPU with fills"))
    assert mixed["measured"] is None


def test_every_question_has_a_row() -> None:
    assert ROWS.keys() == QUESTIONS.keys() == ANSWERS.keys()
    assert all(all(row) for name in ROWS for row in [ROWS[name](ANSWERS[name])])
    assert not any("{" in detail for name in ROWS for _, detail in [ROWS[name](ANSWERS[name])]), (
        "a dict as Python has it"
    )
