"""What a new specification may not change under listed instruments."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from contracts_spec.changes import check_change
from contracts_spec.load import load_spec
from contracts_spec.schema import Spec

Edit = Callable[..., Path]
LAUNCH = date(2026, 11, 23)


def changed(spec: Spec, folder: Path, day: date = LAUNCH) -> list[str]:
    return [str(problem) for problem in check_change(spec, load_spec(folder), day)]


def test_the_same_specification_is_no_change(spec: Spec) -> None:
    assert check_change(spec, spec, LAUNCH) == []


@pytest.mark.rule("CONFIG-001")
@pytest.mark.rule("SPEC-030")
def test_a_chip_keeps_its_code(spec: Spec, edited: Edit) -> None:
    (line,) = changed(spec, edited("chips.toml", "code = 14", "code = 15"))
    assert line == "chips.toml: chip.MAIA.code = 15: must stay 14 (CONFIG-001 CHIP_INCOMPLETE)"


@pytest.mark.rule("CONFIG-010")
@pytest.mark.rule("SPEC-031")
def test_frozen_terms_of_listed_chips_stay(spec: Spec, edited: Edit) -> None:
    folder = edited(
        "chips.toml", "ref_tenths = 5400", "ref_tenths = 5500",
        "chips.toml", "unit_lots = 8", "unit_lots = 16",
        "tiers.toml", "cap_bp = 11000", "cap_bp = 12000",
    )  # fmt: skip
    assert [line.split(": ")[1] for line in changed(spec, folder)] == [
        "certification.conversion_cap_bp = 12000",
        "chip.A100.unit_lots = 16",
        "chip.H100.ref_tenths = 5500",
    ]


@pytest.mark.rule("SPEC-031")
def test_terms_of_unlisted_chips_and_prices_may_change(spec: Spec, edited: Edit) -> None:
    folder = edited(
        "chips.toml", "ref_tenths = 7098", "ref_tenths = 7100",
        "chips.toml", "seed_mills = 2810", "seed_mills = 2900",
    )  # fmt: skip
    assert changed(spec, folder) == []


@pytest.mark.rule("SPEC-031")
def test_a_provisional_rate_is_replaced_at_least_90_days_before_the_first_last_trading_day(
    spec: Spec, edited: Edit
) -> None:
    folder = edited("chips.toml", "ref_tenths = 21840\nref_provisional = true", "ref_tenths = 22000")
    assert changed(spec, folder) == []
    (line,) = changed(spec, folder, date(2027, 3, 24))
    assert "chip.VR.ref_tenths = 22000: is frozen" in line


@pytest.mark.rule("SPEC-062")
def test_a_holiday_may_move_a_last_trading_day_only_with_20_business_days_of_notice(spec: Spec, edited: Edit) -> None:
    folder = edited("calendar.toml", "2026-12-25,", "2026-12-24, 2026-12-25,")
    lines = changed(spec, folder, date(2026, 12, 1))
    assert any("moves the LTD of F27 to 2026-12-23, nearer than 20 business days" in line for line in lines)
    assert changed(spec, folder, date(2026, 11, 3)) == []


@pytest.mark.rule("SPEC-062")
def test_a_holiday_that_moves_no_last_trading_day_may_be_added_at_any_time(spec: Spec, edited: Edit) -> None:
    assert changed(spec, edited("calendar.toml", "2027-01-18,", "2027-01-18, 2027-01-05,"), date(2026, 12, 30)) == []
