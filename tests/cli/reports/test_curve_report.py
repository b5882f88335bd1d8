"""Forward prices agree with every settlement that they come from."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from contracts_spec.ids import Terms
from contracts_spec.periods import month_hours, parse_period
from exchange.cli.reports.curve_points import CurvePoint
from exchange.cli.reports.curve_report import Segment, draw, forward_curve, print_json, report, show
from exchange.codes import Family
from exchange.errors import UserError


def point(
    code: str, tick: int, before: int | None = None, tier: str = "G90", family: Family = Family.PHY
) -> CurvePoint:
    suffix = "/I" if family == Family.IDX else ""
    terms = Terms(2, family, 9_000, parse_period(code))
    return CurvePoint(f"H100.{tier}.{code}{suffix}", terms, tick, before, "T1", "2026-11-23")


def test_a_quarter_prices_the_months_that_are_not_listed() -> None:
    """Q1-27 has 744 + 672 + 744 hours; January and February are listed."""
    january = parse_period("F27").start_month
    ticks = {parse_period("F27"): 2_800, parse_period("G27"): 2_790, parse_period("Q1-27"): 2_760}
    march = (2_760 * 2_160 - 2_800 * 744 - 2_790 * 672) / 744
    assert forward_curve(ticks) == [
        Segment(january, january + 1, 2_800, "settled"), Segment(january + 1, january + 2, 2_790, "settled"),
        Segment(january + 2, january + 3, round(march), "implied by Q1-27"),
    ]  # fmt: skip


def test_a_year_prices_what_its_quarters_leave_open_in_one_piece() -> None:
    start = parse_period("C28").start_month
    segments = forward_curve({parse_period("Q1-28"): 2_700, parse_period("C28"): 2_600})
    assert [(one.start_month - start, one.end_month - start, one.source) for one in segments] == [
        (0, 3, "implied by Q1-28"), (3, 12, "implied by C28"),
    ]  # fmt: skip
    hours = [sum(map(month_hours, range(one.start_month, one.end_month))) for one in segments]
    rest = (2_600 * sum(hours) - 2_700 * hours[0]) / hours[1]
    assert segments[1].tick == round(rest)


@given(
    st.dictionaries(
        st.sampled_from(["F27", "G27", "H27", "J27", "Q1-27", "Q2-27", "Q3-27", "C27", "C28", "T3-27"]),
        st.integers(1, 100_000),
        min_size=1,
    )
)
def test_every_month_has_one_price_and_parents_are_met_to_half_a_mill(ticks: dict[str, int]) -> None:
    periods = {parse_period(code): tick for code, tick in ticks.items()}
    price: dict[int, Segment] = {}
    for segment in forward_curve(periods):
        for month in range(segment.start_month, segment.end_month):
            assert month not in price
            price[month] = segment
    assert set(price) == {month for period in periods for month in period.months}
    for period, tick in periods.items():
        mine = [month for month in period.months if price[month].source in ("settled", f"implied by {period.code}")]
        if mine and (len(period.months) == 1 or price[mine[-1]].source != "settled"):
            value = sum(price[month].tick * month_hours(month) for month in period.months)
            own = sum(month_hours(month) for month in mine)
            assert abs(value - tick * period.hours) * 2 <= own


def test_the_table_has_both_settlements_and_the_steps_between_months() -> None:
    points = [point("G27", 2_790, 2_800), point("F27", 2_810), point("Q1-27", 2_780), point("F27", 1, tier="G80")]
    curve = report([*points, point("F27", 2_999, family=Family.IDX)], "H100", "G90")
    assert [one.terms.period.code for one in curve.points] == ["F27", "G27", "Q1-27"]
    out = io.StringIO()
    show(curve, Console(file=out, width=120))
    text = out.getvalue()
    assert "H100 G90, settled 2026-11-23" in text and "implied by Q1-27" in text
    (row,) = [line.replace("│", " ").split() for line in text.splitlines() if "G27" in line]
    assert row == ["G27", "2.790", "T1", "2.800", "-0.010", "-0.36"]
    assert any("2027-02" in line and "-0.020" in line for line in text.splitlines())


def test_json_has_a_line_for_each_settlement_and_each_forward_price(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(report([point("G27", 2_790, 2_800), point("F27", 2_810)], "H100", "G90"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"sym": "H100.G90.F27", "settle": 2_810, "method": "T1", "day": "2026-11-23"}
    assert lines[1]["before"] == 2_800
    assert lines[2:] == [
        {"months": "2027-01", "px": 2_810, "source": "settled"},
        {"months": "2027-02", "px": 2_790, "source": "settled"},
    ]


def test_a_chip_without_settlements_is_told_what_there_is() -> None:
    with pytest.raises(UserError, match=r"B200 G90: nothing of it is settled, there are: H100\.G90"):
        report([point("F27", 1)], "B200", "G90")


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    curve = report([point("F27", 2_810, 2_800), point("Q1-27", 2_780, 2_790)], "H100", "G90")
    draw(curve, str(tmp_path / "curve.svg"))
    text = (tmp_path / "curve.svg").read_text()
    assert "<svg" in text and len(text) > 5_000
    with pytest.raises(UserError, match="--plot"):
        draw(curve, str(tmp_path / "none" / "curve.svg"))
