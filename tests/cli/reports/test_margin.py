"""`gpux margin` refuses what it cannot ask before it asks."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("margin missing 0", "ACCOUNT 0 not in 1.."),
        ("margin missing 1 --what-if 'buy 10 H100.G90.F27'", "'buy 10 H100.G90.F27' is not SIDE LOTS SYMBOL PRICE"),
        ("margin missing 1 --what-if 'hold 10 H100.G90.F27 2.810'", "is not SIDE LOTS SYMBOL PRICE"),
        ("margin missing 1 --what-if 'buy 10 H100.G90.F27 2.8101'", "off the tick"),
        ("margin missing 1 --position H100.G90.F27", "'H100.G90.F27' is not SYMBOL=LOTS"),
        ("margin missing 1 --position H100.G90.F27=1.5", "is not SYMBOL=LOTS"),
        ("margin missing 1 " + "--what-if 'buy 1 A 1' " * 21, "--what-if is given 21 times, allowed: at most 20"),
        ("margin missing 1 " + "--position A=1 " * 65, "--position is given 65 times, allowed: at most 64"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_argument(
    command: str, named: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert named in mistake(capsys, command)


def test_a_folder_without_a_venue_says_so(capsys: pytest.CaptureFixture[str], workplace: Path) -> None:
    assert "no venue of missing is running" in mistake(capsys, "margin missing 1", 69)


def test_without_a_folder_a_key_is_needed(
    capsys: pytest.CaptureFixture[str], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(workplace))
    monkeypatch.delenv("GPUX_KEY", raising=False)
    assert "this needs your key" in mistake(capsys, "margin")
