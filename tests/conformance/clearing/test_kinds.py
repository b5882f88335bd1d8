"""Single words of the clearing notation."""

from datetime import date

import pytest

from exchange.conformance.clearing.kinds import KINDS


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("MILLS", "12,000", 12_000),
        ("MILLS", "-7440", -7440),
        ("LOTS", "+10", 10),
        ("MAYBE", "none", None),
        ("DAILY", "-", None),
        ("REPORT", "none", None),
        ("TIME", "20:58:01", 75_481),
        ("TIME", "12:30", 45_000),
        ("DATE", "2026-12-14", date(2026, 12, 14)),
        ("DATES", "2026-12-31..2027-01-01", [date(2026, 12, 31), date(2027, 1, 1)]),
        ("CDCS", "c1..c3", ["c1", "c2", "c3"]),
        ("CDCS", "c7", ["c7"]),
        ("INDEX", "H100.G90", ("H100", "G90")),
        ("CHIPMONTH", "H100.F27", ("H100", "F27")),
        ("SYMBOL", "H100.G90.F27:H27", "H100.G90.F27:H27"),
        ("OPENLOTS", "1x12,5x4", [(1, 12), (5, 4)]),
        ("DAYLIST", "1,2", [1, 2]),
        ("HASH", "00ff", b"\x00\xff"),
        ("ACCOUNT", "C2", "C2"),
    ],
)
def test_a_word_has_its_value(kind: str, text: str, value: object) -> None:
    assert KINDS[kind].read(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [("MILLS", text) for text in ("", "1,0", "1.5", "12,00", "1_0", "x", "\u0661")]
    + [("TIME", text) for text in ("24:00", "9:00", "12:60", "12:30:5")]
    + [("DATE", text) for text in ("2027-02-30", "20270101", "2027-W01-1")]
    + [("DATES", "2027-01-02..2027-01-01"), ("DATES", "2020-01-01..2035-01-01"), ("CDCS", "c9..c1")]
    + [("CDCS", "c1..d2"), ("CDCS", "c1..c99999"), ("ACCOUNT", "a1"), ("SYMBOL", "H100.G90.Q5-27")]
    + [("MONTH", "C27"), ("CHIP", "H900"), ("TIER", "G91"), ("INDEX", "H100"), ("CHIPMONTH", "H100.Q1-27")]
    + [("OPENLOTS", "12"), ("HASH", "0"), ("HASH", "xy"), ("SIDE", "bids"), ("SYM", "h100"), ("LOTSET", "1L")],
)  # fmt: skip
def test_any_other_word_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError):
        KINDS[kind].read(text)


def test_every_kind_says_what_it_is() -> None:
    assert all(kind.what for kind in KINDS.values())
