"""`gpux facts` from the command line: table, JSON, page, and what it refuses before it works."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.facts import figures, report
from bench.facts.report import FactsOptions, run_facts, tables
from bench.flows.flow import FLOWS
from bench.tapes.tape import write_tape
from exchange.errors import UserError
from tests.bench.facts.books import flow_of
from tests.cli.mistakes import ended


@pytest.fixture
def _small_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mixed", "passive"):
        monkeypatch.setitem(FLOWS, name, replace(FLOWS[name], warm_orders=200, accounts=20))
    monkeypatch.setattr(figures, "PLOTS", figures.PLOTS[:1])


@pytest.mark.usefixtures("_small_flows")
def test_facts_are_printed_and_the_page_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "facts.html"
    code, out, err = ended(capsys, "facts", "mixed", "--commands", 700, "--html", page)
    assert (code, err) == (0, "")
    assert "BOOK-1 of mixed" in out and "spread, mean over time" in out and f"page: {page}" in out.replace("\n", "")
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.usefixtures("_small_flows")
def test_json_has_everything_and_nothing_else_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("facts", "mixed", "--commands", 600, "--against", "mixed", "--against-seed", 2, "--json")
    code, out, err = ended(capsys, *arguments)
    found = json.loads(out)
    assert (code, err) == (0, "") and found["other"]["source"] == "mixed" and len(found["scores"]) == 18
    assert found["book"]["facts"]["spread_mean_ticks"] != found["other"]["facts"]["spread_mean_ticks"]
    assert ended(capsys, *arguments)[1] == out


@pytest.mark.usefixtures("_small_flows")
def test_tape_is_scored_against_a_flow_without_trades(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_tape(flow_of("mixed", 600), tmp_path / "a.parquet")
    arguments = ("facts", tmp_path / "a.parquet", "--against", "passive", "--commands", 300, "--json")
    code, out, _ = ended(capsys, *arguments)
    found = json.loads(out)
    scores = {score["key"]: score for score in found["scores"]}
    assert code == 0 and scores["log_time_to_cancel"]["missing"] == "the other book has no values"
    assert found["notes"] == ["BOOK-1: no trades"]


def test_tables_have_a_row_for_each_fact_and_score() -> None:
    from bench.facts.document import document_of
    from tests.bench.facts.books import recorded

    document = document_of("a", recorded(), "b", recorded("sweep"))
    facts, scores = tables(document)
    assert facts.row_count == len(document.book.facts) and scores.row_count == 18


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("a.parquet", FactsOptions(seed=3), "--seed 3 does not apply to a.parquet"),
        ("a.parquet", FactsOptions(commands=5, against="b"), "--commands 5 does not apply to a.parquet"),
        ("mixed", FactsOptions(against_book="X"), "--against-book does not apply without --against OTHER"),
        ("mixed", FactsOptions(against_seed=1), "--against-seed does not apply without --against OTHER"),
        ("mixed", FactsOptions(against="b", against_seed=1), "--against-seed 1 does not apply to b"),
        ("mixed", FactsOptions(html=Path("x.pdf")), "found ending '.pdf', allowed: .html"),
    ],
)
def test_options_that_do_not_apply_are_named_first(
    source: str, options: FactsOptions, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "collect", lambda *_: pytest.fail("worked before it checked"))
    with pytest.raises(UserError) as error:
        run_facts(source, options)
    assert said in str(error.value)


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bench.extras.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'gpux\[plot\]'"):
        run_facts("mixed", FactsOptions(html=tmp_path / "a.html"))
