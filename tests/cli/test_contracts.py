"""`gpux contracts` takes what applies together, and compares two specifications."""

import shutil
from pathlib import Path

import pytest

from contracts_spec.load import FILES, FOLDER
from tests.cli.mistakes import ended, mistake

BAD_INPUT = [
    "contracts NO-SUCH-SYMBOL",
    "contracts --date tomorrow",
    "contracts --kind decade",
    "contracts --chip ABACUS",
]
BAD_SPECIFICATION = [  # BAD-069, CONFIG-007
    "contracts --spec no-such-folder",
    "contracts --date 9999-12-31",
    "contracts H100.G90.H27 --date 9999-12-31",
]
NOT_APPLYING = [  # a command, and the words in it that it cannot use
    ("contracts H100.G90.H27 --chip B200", "--chip B200"),
    ("contracts H100.G90.H27 --tier G90", "--tier G90"),
    ("contracts H100.G90.H27 --kind month", "--kind month"),
    ("contracts H100.G90.H27 --family PHY", "--family PHY"),
    ("contracts H100.G90.H27 --symbol-glob x", "--symbol-glob x"),
    ("contracts H100.G90.H27 --against zz", "the symbol H100.G90.H27"),
    ("contracts --chip B200 --against zz", "--chip B200"),
    ("contracts --json --against zz", "--json"),
]
LAUNCH = ("--date", "2026-11-23")


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)


@pytest.mark.parametrize("command", BAD_SPECIFICATION)
def test_a_specification_that_cannot_be_used_is_one_line_with_exit_code_78(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command, 78)


@pytest.mark.parametrize(("command", "unused"), NOT_APPLYING)
def test_option_that_does_not_apply_is_named(
    command: str, unused: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    told = mistake(capsys, command)
    assert told.startswith(f"{unused} does not apply to ") and "allowed: " in told


@pytest.mark.rule("CONFIG-010")
def test_a_specification_is_compared_with_the_one_in_force(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in FILES:
        shutil.copy(FOLDER / name, tmp_path)
    compare = f"contracts --spec {tmp_path} --against"
    code, out, _ = ended(capsys, *compare.split(), FOLDER, *LAUNCH)
    assert code == 0 and out.count("\n") == 1 and "2026-11-23" in out
    chips = tmp_path / "chips.toml"
    chips.write_text(chips.read_text().replace("unit_lots = 8", "unit_lots = 16").replace("code = 14", "code = 15"))
    text = mistake(capsys, f"{compare} {FOLDER} {' '.join(LAUNCH)}", 78)
    assert "chips.toml: chip.MAIA.code = 15: must stay 14 (CONFIG-001" in text
    assert "; chips.toml: chip.H100.unit_lots = 16: is frozen in listed instruments: must stay 8 (CONFIG-010" in text
    assert str(tmp_path / "none") in mistake(capsys, f"{compare} {tmp_path / 'none'}", 78)
