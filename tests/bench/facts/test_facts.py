"""All facts of a book: none is lost, each has its texts, and the same tape gives the same facts."""

import re

import pytest

from bench.facts.collect import collect
from bench.facts.facts import facts_of
from bench.facts.sheet import Fact
from tests.bench.facts.books import flow_of, quoted, recorded, written

UNITS = {"ticks": "ticks", "lots": "lots", "ns": "ns"}


def test_every_fact_has_its_texts_and_a_key_with_its_unit() -> None:
    for key, fact in facts_of(recorded()).facts.items():
        assert fact.key == key and re.fullmatch(r"[a-z0-9_]+", key)
        assert fact.name and fact.definition and fact.source
        assert UNITS.get(key.rsplit("_", 1)[-1], "1") == fact.unit, key
        assert (fact.value is None) == bool(fact.missing)


def test_every_interval_holds_its_value() -> None:
    checked = 0
    for fact in facts_of(recorded()).facts.values():
        if fact.value is not None and fact.low is not None and fact.high is not None:
            assert fact.low <= fact.value <= fact.high, fact.key
            checked += 1
    assert checked > 25


@pytest.mark.parametrize("name", ["mixed", "churn", "passive", "sweep"])
def test_every_flow_has_the_same_keys(name: str) -> None:
    sheet, usual = facts_of(recorded(name, 500)), facts_of(recorded())
    assert list(sheet.facts) == list(usual.facts) and list(sheet.curves) == list(usual.curves)


def test_empty_and_one_sided_books_have_reasons_in_place_of_values() -> None:
    for series in (written([]), written([quoted(99, 0, ask_lots=0)]), written([quoted(99, 101)])):
        sheet = facts_of(series)
        reasons = [fact for fact in sheet.facts.values() if fact.value is None]
        assert len(reasons) > 30 and all(fact.missing for fact in reasons)


def test_same_tape_gives_the_same_facts() -> None:
    tape = flow_of("mixed", 700)
    first, second = facts_of(collect(tape)), facts_of(collect(tape))
    assert first == second
    assert isinstance(first.facts["spread_mean_ticks"], Fact)
