"""Every set-up line of the notation is read."""

from datetime import date

import pytest

from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.setup import SETUP, START

EXAMPLES = {
    "needs certificates delivery": {"part": ["certificates", "delivery"]},
    "start 2026-12-14": {"date": date(2026, 12, 14)},
    "chips H100 B200": {"chip": ["H100", "B200"]},
    "prior H100.G90.F27 2826": {"symbol": "H100.G90.F27", "price": 2826},
    "fees on": {},
    "account A 3,000,000": {"account": "A", "mills": 3_000_000},
    "source H100.G90 CDP": {"index": ("H100", "G90"), "source": "CDP"},
    "certified L1 H100 C 9084 nodes 300 since 2026-08-20": {
        "lotset": "L1",
        "chip": "H100",
        "owner": "C",
        "g": 9084,
        "nodes": 300,
        "since": date(2026, 8, 20),
    },
    "fund A 100000": {"account": "A", "mills": 100_000},
    "sitg 50000": {"mills": 50_000},
}


@pytest.mark.parametrize(("text", "values"), EXAMPLES.items(), ids=[text.split()[0] for text in EXAMPLES])
def test_a_set_up_line_has_its_values(text: str, values: dict[str, object]) -> None:
    scenario = read_clearing(f"scenario A1 | | t\n{text}", "t")[0]
    assert [(line.name, line.values) for line in scenario.setup] == [(text.split()[0], values)]


def test_every_set_up_word_has_an_example() -> None:
    assert {text.split()[0] for text in EXAMPLES} == SETUP.keys()
    assert START.isoweekday() == 1
