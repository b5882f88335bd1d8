"""The list of `gpux contracts`: filters, JSON, one contract, and specifications that cannot be used."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from contracts_spec.load import FILES, FOLDER
from exchange.cli.app import main

LAUNCH = ("--date", "2026-11-23")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    return output(capsys, *arguments, *LAUNCH)


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(["contracts", *arguments])
    assert stopped.value.code == 0
    return capsys.readouterr().out


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(capsys, *arguments, "--json"))
    return found


def mistake(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 2) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(["contracts", *arguments])
    assert stopped.value.code == code
    text = capsys.readouterr().err
    assert text.startswith("gpux: ")
    assert text.count("\n") == 1
    return text


def test_the_list_has_a_line_for_each_instrument_and_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys)
    assert {"997", "2026-11-23"} <= set(text.splitlines()[-1].split())
    row = next(line for line in text.splitlines() if line.strip().startswith("H100.G90.F27 "))
    assert row.split() == [
        *("H100.G90.F27", "PHY", "month", "full", "744", "2.810", "2.248", "3.372"),
        *("2026-12-24", "21:00", "34734164"),
    ]


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (("--chip", "H100"), 180),
        (("--chip", "vr"), 97),
        (("--kind", "month"), 4 * (5 * 12 + 5) + 5 * 12 + 4),
        (("--kind", "term5"), 4 * (5 * 2 + 1)),
        (("--kind", "strip"), 21),
        (("--family", "IDX"), 139),
        (("--chip", "H100", "--tier", "G90", "--family", "PHY", "--kind", "quarter"), 8),
        (("--chip", "H100", "--tier", "G95", "--kind", "tier"), 12),
        (("--symbol-glob", "h100.*.F27"), 6),  # four tiers and two tier spreads
        (("--chip", "B300"), 0),
    ],
)
def test_filters_narrow_the_list(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], count: int) -> None:
    assert len(listed(capsys, *arguments)) == count


def test_json_says_codes_as_words_and_legs_as_symbols(capsys: pytest.CaptureFixture[str]) -> None:
    (spread,) = listed(capsys, "--symbol-glob", "H100.G90.F27-G27")
    assert (spread["family"], spread["kind"], spread["combo"]) == ("PHY", "calendar", "calendar")
    assert spread["legs"] == [{"symbol": "H100.G90.F27", "sign": 1}, {"symbol": "H100.G90.G27", "sign": -1}]
    assert spread["effective_price_mills"] is None
    one = json.loads(run(capsys, "H100.G90.F27", "--json"))
    assert (one["kind"], one["order_entry"], one["ltd"]) == ("month", "full", "2026-12-24T21:00:00+00:00")
    assert (one["initial_margin_mills"], one["maintenance_margin_mills"]) == (297_600, 238_080)
    assert one["effective_price_mills"] == 5782


@pytest.mark.rule("SPEC-010")
def test_an_unlisted_chip_or_family_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert "liquidity kept in B200 and GB300" in run(capsys, "--chip", "B300")
    assert "no index source is named yet" in run(capsys, "--family", "PWS")


def test_a_contract_is_found_in_small_letters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "h100.g90.f27").startswith("H100.G90.F27\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--chip", "H1000"), "--chip H1000 is unknown: one of A100, H100"),
        (("--tier", "G99"), "--tier G99 is unknown: one of G80, G85, G90, G95"),
        (("--kind", "week"), "--kind week is unknown: one of month"),
        (("--family", "ABC"), "--family ABC is unknown: one of PHY"),
        (("--date", "23.11.2026"), "--date '23.11.2026' is not a day like 2026-11-23"),
        (("nonsense", *LAUNCH), "'NONSENSE' is no symbol: H100.G90.F27"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], text: str
) -> None:
    assert text in mistake(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--date", "2035-01-01"), "calendar.toml: holidays.2037: a holiday list is needed for 2037"),
        (("--spec", "nowhere"), "there is no folder nowhere"),
    ],
)
def test_a_specification_that_cannot_be_used_is_one_line_and_exit_code_78(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], text: str
) -> None:
    assert text in mistake(capsys, *arguments, code=78)


@pytest.mark.rule("BAD-069")
@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "products.toml",
            "min_inc_ticks = 1",
            "min_inc = 1",
            "products.toml: orders.min_inc = 1: unknown key, allowed",
        ),
        ("products.toml", "min_inc_ticks = 1", "min_inc_ticks = 0", "orders.min_inc_ticks = 0: must be in 1..100000"),
        ("margin.toml", "tier_mills = 50", "tier_mills = -1", "margin.toml: tier_mills = -1: must be in 0..10000"),
        ("margin.toml", "maintenance_bp = 8000", "maintenance_bp = -1", "maintenance_bp = -1: must be in 1..10000"),
        ("chips.toml", 'name = "H100"', 'name = "A100"', "chips.toml: chip name = 'A100': must be unique"),
        ("tiers.toml", 'name = "G85"', 'name = "G90"', "tiers.toml: tier.G90.name = 'G90': must be 'G85'"),
    ],
)
def test_a_specification_with_a_mistake_is_refused_with_file_key_and_value(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, file: str, old: str, new: str, expected: str
) -> None:
    for name in FILES:
        shutil.copy(FOLDER / name, tmp_path / name)
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1))
    assert expected in mistake(capsys, "--spec", str(tmp_path), *LAUNCH, code=78)


def test_all_problems_of_a_folder_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("chips", "tiers", "products", "calendar", "margin"):
        (tmp_path / f"{name}.toml").write_text("nothing = 1\n")
    text = mistake(capsys, "--spec", str(tmp_path), code=78)
    for name in ("chips", "tiers", "products", "calendar", "margin"):
        assert f"{name}.toml: nothing = 1: unknown key" in text


def test_without_a_date_the_day_is_that_of_the_clock(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped:
        def wall_us(self) -> int:
            return 1_799_665_200_000_000  # 2027-01-11 11:00 UTC

    monkeypatch.setattr("exchange.cli.contract_list.RealClock", Stopped)
    assert "2027-01-11" in output(capsys).splitlines()[-1]
