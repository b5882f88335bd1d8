"""`gpux operator` about the clearing house: mistakes are refused before the venue is asked."""

import os
from pathlib import Path

import pytest

from exchange.cli.app import main
from exchange.operator import port
from tests.cli.mistakes import mistake


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("operator bust missing 0", "TRADE 0"),
        ("operator bust missing yes", "yes"),
        ("operator transfer missing H100.G90.H27 2000000 1 2", "LOTS 2000000 not in"),
        ("operator transfer missing H100.G90.H27 2 1 2 cheap", "PRICE: price 'cheap'"),
        ("operator block missing H100.G90.H27 0 2.8 1 2", "LOTS 0"),
        ("operator index missing", "give NAME, DAY and VALUE"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_argument(
    command: str, named: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert named in mistake(capsys, command)


def test_a_folder_without_a_venue_says_how_to_start_it(capsys: pytest.CaptureFixture[str], workplace: Path) -> None:
    said = mistake(capsys, "operator flags missing", os.EX_UNAVAILABLE)
    assert "no venue of missing is running: gpux serve missing starts it" in said


@pytest.mark.parametrize(("command", "empty"), [("flags", "no flags"), ("proposals", "no proposals")])
def test_an_empty_list_says_so(
    command: str, empty: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for lines in ([], ["one", "two"]):
        monkeypatch.setattr(port, "ask", lambda *_, lines=lines: lines)
        with pytest.raises(SystemExit) as stopped:
            main(["operator", command, "data"])
        assert not stopped.value.code
        assert capsys.readouterr().out.splitlines() == (lines or [empty])
