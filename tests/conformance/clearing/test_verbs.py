"""Every verb of the notation is read."""

from datetime import date

import pytest

from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.verbs import REFUSALS, VERBS
from exchange.conformance.words import NotationError

SALE = {"account": "A", "side": "sells", "lots": 5, "symbol": "H100.G90.F27", "price": 2810}
EXAMPLES = {
    "trade A sells 5 H100.G90.F27 @2810 to B": {**SALE, "way": "to", "maker": "B"},
    "block A sells 5 H100.G90.F27 @2810 to B made 14:45": {**SALE, "way": "to", "maker": "B", "made": 53_100},
    "order o1 A sells 5 H100.G90.F27 @2810 gtc": {"order": "o1", **SALE, "gtc": True},
    "cancel o1": {"order": "o1"},
    "market H100 PAUSED": {"chip": "H100"},
    "deposit A 250000": {"account": "A", "mills": 250_000},
    "withdraw A 0": {"account": "A", "mills": 0},
    "adjust 2026-11-16 H100.G90.F27 A 7440 B -7440": {
        "date": date(2026, 11, 16),
        "symbol": "H100.G90.F27",
        "account_mills": [("A", 7440), ("B", -7440)],
    },
    "settle 2026-11-16 H100.G90.F27 2811": {"date": date(2026, 11, 16), "symbol": "H100.G90.F27", "price": 2811},
    "index H100.G90 2027-01-13 none now": {
        "index": ("H100", "G90"),
        "dates": [date(2027, 1, 13)],
        "print": None,
        "now": True,
    },
    "rental H100.G90 2027-01-12 S1 6000h @2800": {
        "index": ("H100", "G90"),
        "dates": [date(2027, 1, 12)],
        "seller": "S1",
        "hours": 6000,
        "price": 2800,
    },
    "committee H100.G90 2027-01-12 2805": {"index": ("H100", "G90"), "date": date(2027, 1, 12), "value": 2805},
    "lotset L1 H100 C nodes 8 region EU": {
        "lotset": "L1",
        "chip": "H100",
        "owner": "C",
        "nodes": 8,
        "region": "EU",
        "rating": None,
    },
    "submit L1": {"lotset": "L1"},
    "measure L1 2026-11-17 9231 - 9260 agent C fabric 299/40": {
        "lotset": "L1",
        "date": date(2026, 11, 17),
        "daily": [9231, None, 9260],
        "agent": "C",
        "fabric": (299, 40),
    },
    "record L1 2026-11-22 9300 serials": {
        "lotset": "L1",
        "date": date(2026, 11, 22),
        "g": 9300,
        "unsigned": False,
        "workload": False,
        "serials": True,
    },
    "telemetry L1 2026-11-17 none hours 5": {"lotset": "L1", "dates": [date(2026, 11, 17)], "report": None, "hours": 5},
    "audit L1 8784": {"lotset": "L1", "g": 8784},
    "revoke L1": {"lotset": "L1"},
    "pull c1": {"object": "c1"},
    "cdc c1 c2..c3 L1 F27 by D": {"cdcs": ["c1", "c2", "c3"], "lotset": "L1", "month": "F27", "node": None, "by": "D"},
    "tender C c3 c2 into H100.G90.F27": {"account": "C", "cdcs": ["c3", "c2"], "into": "H100.G90.F27"},
    "delivered c1 2027-01-30 144h 9100": {
        "cdc": "c1",
        "dates": [date(2027, 1, 30)],
        "none": False,
        "hours": 144,
        "g": 9100,
        "now": False,
    },
    "access c1 2027-01-01 06:00": {"cdc": "c1", "date": date(2027, 1, 1), "time": 21_600},
    "resale A c1 100h proceeds 250001 from E": {
        "account": "A",
        "cdc": "c1",
        "hours": 100,
        "proceeds": 250_001,
        "from": "E",
    },
    "auction A H100.G90.F27 10 @2330 to E": {
        "account": "A",
        "symbol": "H100.G90.F27",
        "lots": 10,
        "price": 2330,
        "to": "E",
    },
    "default A": {"account": "A"},
    "day 2026-12-28": {"date": date(2026, 12, 28)},
    "close": {},
}


@pytest.mark.parametrize(("text", "values"), EXAMPLES.items(), ids=[text.split()[0] for text in EXAMPLES])
def test_a_verb_has_its_values(text: str, values: dict[str, object]) -> None:
    line = read_clearing(f"scenario A1 | | t\n{text}", "t")[0].lines[0]
    assert vars(line)["name"] == text.split()[0]
    assert vars(line)["values"] == values


def test_every_verb_has_an_example() -> None:
    assert {text.split()[0] for text in EXAMPLES} == VERBS.keys()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("trade A buys 5 H100.G90.F27 @2810 to B", "t:2:35: found 'to', allowed: from"),
        ("delivered c1 2027-01-30", "t:2:24: found nothing more, allowed: HOURSh and G, or none"),
        ("delivered c1 2027-01-30 none 4h 9000", "t:2:37: found nothing more, allowed: HOURSh and G, or none"),
        ("order o1 A buys 5 H100.G90.Q5-27 @1", "t:2:19: found 'H100.G90.Q5-27', allowed: a symbol"),
        ("rental H100.G90 2027-01-12 S1 6000 @2800", "t:2:31: found '6000', allowed: HOURSh"),
    ],
)
def test_a_mistake_is_told_where_it_is(text: str, error: str) -> None:
    with pytest.raises(NotationError) as caught:
        read_clearing(f"scenario A1 | | t\n{text}", "t")
    assert str(caught.value).startswith(error)


def test_a_reason_is_named_once() -> None:
    assert len(set(REFUSALS)) == len(REFUSALS) > 30
