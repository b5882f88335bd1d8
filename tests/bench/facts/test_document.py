"""The JSON of a report: it is as its schema says, its keys are stable, and it says what does not compare."""

import json
from dataclasses import replace

import jsonschema
import pytest

from bench.facts.document import FORMAT, document_of, schema, to_json
from tests.bench.facts.books import quoted, recorded, trade, written

# Keys of facts, curves and scores are part of the format: a new one is added at the end of its theme, none is renamed.
SOME_KEYS = """spread_mean_ticks depth_bid_best_lots share_limit event_duration_mean_ns trade_duration_tail
order_size_mean_lots trade_size_tail lifetime_cancelled_median_ns placement_at_best_share return_interval_ns
return_excess_kurtosis return_tail return_autocorrelation_1 volatility_memory_exponent trades_count
sign_memory_exponent response_1_ticks impact_size_exponent variance_ratio_2"""


def test_json_is_as_its_schema_says() -> None:
    both = document_of("mixed", recorded(), "sweep", recorded("sweep"))
    for document in (both, document_of("mixed", recorded()), document_of("x", written([]))):
        found = json.loads(to_json(document))
        jsonschema.validate(found, schema())
        assert found["format"] == FORMAT
    assert json.loads(to_json(both))["other"]["source"] == "sweep" and len(json.loads(to_json(both))["scores"]) == 18


def test_keys_are_there() -> None:
    assert set(document_of("mixed", recorded()).book.facts) >= set(SOME_KEYS.split())


def test_same_book_gives_the_same_bytes() -> None:
    assert to_json(document_of("mixed", recorded())) == to_json(document_of("mixed", recorded()))


def test_what_a_book_lacks_is_noted() -> None:
    notes = [
        document_of("x", series).notes
        for series in (
            written([]),
            written([quoted(9, 0, ask_lots=0)]),
            written([quoted(9, 11)]),
            written([trade(9, 11, 1, time_ns=5)]),
        )
    ]
    assert notes == [
        ["HAND: its book never changed"],
        [
            "HAND: its book never had both sides",
            "HAND: all messages have one time, so there are no durations and returns",
        ],
        ["HAND: no trades", "HAND: all messages have one time, so there are no durations and returns"],
        ["HAND: all messages have one time, so there are no durations and returns"],
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [({"min_inc": 5}, "the price increments differ: 1 ticks in BOOK-1, 5 ticks in BOOK-1"),
     ({"tick": "0.01 USD"}, "the ticks differ: not known in BOOK-1, 0.01 USD in BOOK-1")],
)  # fmt: skip
def test_another_tick_is_noted(change: dict[str, object], said: str) -> None:
    other = replace(recorded(), **change)  # type: ignore[arg-type]
    (note,) = document_of("a", recorded(), "b", other).notes
    assert note.startswith(said) and "scores" in note
