"""An import report says everything in text and in plain values; bounds and units are checked."""

import json
from decimal import Decimal

import pytest

from bench.readers.report import ImportOptions, ImportReport, import_options, units_of
from exchange.errors import UserError


@pytest.mark.rule("TAPE-005")
def test_report_names_each_reason_and_the_first_bad_row() -> None:
    report = ImportReport("file", "ITCH", 9, 4)
    report.unknown["type '~'"] += 2
    report.bad(7, "late")
    report.bad(5, "early")
    report.bad(6, "between")
    lines = "\n".join(report.lines())
    assert "9 rows in, 4 commands out" in lines and "unknown     2 type '~'" in lines
    assert lines.endswith("first bad   row 5: early")
    assert json.loads(json.dumps(report.as_json()))["unknown"] == {"type '~'": 2}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (ImportOptions(low_tick=0), "price bounds 0..100000, allowed: ticks in 1..100000"),
        (ImportOptions(low_tick=5, high_tick=4), "price bounds 5..4"),
        (ImportOptions(from_ns=5, to_ns=5), "time bounds 5..5 ns, allowed: the earlier one first"),
        (ImportOptions(tick=Decimal(0)), "tick 0, allowed: a number above 0"),
        (ImportOptions(lot=Decimal("nan")), "lot NaN, allowed: a number above 0"),
    ],
)
def test_wrong_options_are_refused(options: ImportOptions, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        options.check()


def test_units_are_whole() -> None:
    assert units_of("tick", Decimal("0.01"), 10_000) == 100
    with pytest.raises(UserError, match=r"lot 0\.5, allowed: a multiple of 1"):
        units_of("lot", Decimal("0.5"), 1)
    with pytest.raises(UserError, match=r"tick 1E\+10, allowed: .* below 1000000000$"):
        units_of("tick", Decimal(10**10).normalize(), 10_000)


def test_units_as_text_become_exact_numbers() -> None:
    assert import_options("0.01", 5, "A") == ImportOptions(Decimal("0.01"), Decimal(5), symbols=("A",))
    for wrong in (0.01, "much", -1, "nan"):
        with pytest.raises(UserError, match=f"lot {wrong!r}, allowed: a number above 0 as text"):
            import_options(lot=wrong)
