"""Sources of runs, and the tasks that are there."""

import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bench import Replay
from bench.experiments import tasks
from bench.experiments.quoting import FixedQuotes, profit_mills
from bench.experiments.tasks import MAIN_FACTS, RunSource, RunStopped, code_version, facts, quote, replay
from bench.facts.collect import collect
from bench.facts.facts import facts_of
from bench.replay import replay_tape
from bench.research.sources import open_source
from bench.tapes import cache
from bench.tapes.reader import TapeReader
from bench.tapes.tape import tape_hash, write_tape
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import NAMED
from tests.bench.experiments import own_tasks


@pytest.fixture(autouse=True)
def tape_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "tape_cache", lambda: tmp_path / "cache")


@pytest.mark.rule("TAPE-004")
def test_workers_of_a_host_decode_a_tape_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mixed.parquet"
    name = write_tape(open_source("mixed", seed=5, commands=300), file)
    source = RunSource.checked("", str(file), "", 0)
    monkeypatch.setattr(TapeReader, "parts", None)
    assert tape_hash(source.tape(1)) == name == source.identity


@pytest.mark.rule("SCALE-070")
def test_a_replay_of_a_flow_and_of_its_file_give_the_same_record(tmp_path: Path) -> None:
    tape = open_source("mixed", seed=5, commands=300)
    summary = replay_tape(tape, Engine(NAMED[tape.limits]), lambda count: None)
    file = tmp_path / "mixed.parquet"
    write_tape(tape, file)
    of_flow = replay(RunSource.checked("", "", "mixed", 300), 5)
    of_file = replay(RunSource.checked("", str(file), "", 0), 1)
    assert of_flow == of_file
    assert (of_flow["trades"], of_flow["state_hash"]) == (summary.fills, summary.state_hash)
    assert of_flow != replay(RunSource.checked("", "", "mixed", 300), 6)


def test_a_tape_that_changes_during_an_experiment_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mixed.parquet"
    write_tape(open_source("mixed", seed=5, commands=300), file)
    source = RunSource.checked("", str(file), "", 0)
    write_tape(open_source("mixed", seed=6, commands=300), file)
    with pytest.raises(UserError, match=r"mixed\.parquet: has changed since the experiment began"):
        source.tape(1)


def test_the_version_of_the_code_counts_the_file_of_a_task_of_your_own() -> None:
    assert code_version(replay) == code_version(replay) != code_version(own_tasks.product)
    assert replace(RunSource("a", "b"), name="c").identity == "b"


@pytest.mark.rule("SCALE-073")
@pytest.mark.parametrize("file", ["contracts_spec/chips.toml", "contracts_spec/periods.py", "bench/flows/flow.py"])
def test_the_version_of_the_code_changes_with_contracts_and_flows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    for name in ("bench", "contracts_spec"):
        shutil.copytree(tasks.ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(tasks, "ROOT", tmp_path)
    before = code_version(replay)
    with (tmp_path / file).open("a") as text:
        text.write("\n# changed\n")
    assert code_version(replay) != before


@pytest.mark.rule("TAPE-003")
def test_a_replay_with_another_state_than_the_tape_names_is_refused(tmp_path: Path) -> None:
    tape, file = open_source("mixed", seed=5, commands=300), tmp_path / "mixed.parquet"
    known = replay(RunSource.checked("", "", "mixed", 300), 5)["state_hash"]
    write_tape(replace(tape, state_hash=known), file)
    assert replay(RunSource.checked("", str(file), "", 0), 1)["state_hash"] == known
    write_tape(replace(open_source("mixed", seed=6, commands=300), state_hash=known), file)
    with pytest.raises(UserError, match=r"^mixed\.parquet: replay gives another state than the file's "):
        replay(RunSource.checked("", str(file), "", 0), 1)


FLOW = RunSource.checked("", "", "zero-intelligence", 5_000)


def test_a_quote_task_is_the_strategy_on_a_replay_of_its_source() -> None:
    record = quote(FLOW, 2, half_spread=1, size=2, inventory=4, every=10)
    alone = Replay(FLOW.tape(2))
    alone.run(FixedQuotes(1, 2, 4), every=10)
    assert record["fills"] == len(alone.fills) > 15
    assert record["profit_mills"] == profit_mills(alone)
    assert record["state_hash"] == alone.state_hash()
    assert record["largest_position"] <= 4 and abs(record["position"]) <= record["largest_position"]
    assert record["commands"] == 5_000 and record["lots"] >= record["fills"]


def test_far_quotes_trade_less_and_late_ones_lose_more() -> None:
    """One seed may go either way; of eight together late quotes lose four times as much."""
    terms = [{"half_spread": 1}, {"half_spread": 4}, {"half_spread": 1, "latency_us": 200_000}]
    near, far, late = ([quote(FLOW, seed, inventory=50, every=10, **one) for seed in range(1, 9)] for one in terms)

    def total(runs: list[dict[str, Any]], name: str) -> float:
        return sum(run[name] for run in runs)

    assert 2 * total(far, "fills") < total(near, "fills") < total(late, "fills") / 1.3
    assert total(late, "profit_mills") < 2 * total(near, "profit_mills") < 0


@pytest.mark.parametrize(
    ("parameters", "what"),
    [
        ({"half_spread": 0}, "half_spread 0"),
        ({"half_spread": 1, "inventory": -1}, "position_max -1"),
        ({"half_spread": 1, "every": 0}, "every 0"),
        ({"half_spread": 1, "latency_us": -2}, "place_us -2"),
    ],
)
def test_wrong_parameters_of_a_quote_task_are_named(parameters: dict[str, int], what: str) -> None:
    with pytest.raises(UserError, match=what):
        quote(FLOW, 1, **parameters)


def test_a_strategy_that_fails_stops_its_run_and_leaves_what_it_has_done(monkeypatch: pytest.MonkeyPatch) -> None:
    quotes, times = FixedQuotes.on_book, count(1)
    monkeypatch.setattr(
        FixedQuotes, "on_book", lambda strategy, replay: quotes(strategy, replay) if next(times) < 100 else 1 / 0
    )
    with pytest.raises(RunStopped, match=r"^ZeroDivisionError: division by zero$") as stopped:
        quote(FLOW, 1, half_spread=1, every=10)
    record = stopped.value.record
    assert record["commands"] == 1_000 and record["fills"] > 0 and record["largest_position"] > 0


@pytest.mark.rule("SCALE-070")
def test_a_facts_task_has_the_main_facts_that_can_be_computed() -> None:
    sheet = facts_of(collect(FLOW.tape(3))).facts
    record = facts(FLOW, 3)
    assert record.pop("state_hash") == replay(FLOW, 3)["state_hash"]
    assert record == {key: sheet[key].value for key in MAIN_FACTS if not sheet[key].missing}
    assert record["spread_mean_ticks"] >= 1 and record["trades_count"] > 20
    few = facts(RunSource.checked("", "", "zero-intelligence", 20), 3)
    assert "sign_autocorrelation_1" not in few and few["spread_mean_ticks"] >= 1
    with pytest.raises(UserError, match="--book NONE: not listed"):
        facts(FLOW, 3, book="NONE")
