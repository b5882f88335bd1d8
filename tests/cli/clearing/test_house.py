"""`gpux operator` about the clearing house: mistakes are refused before the venue is asked."""

from pathlib import Path

import pytest

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
        ("operator flags missing", "missing"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_argument(
    command: str, named: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert named in mistake(capsys, command)
