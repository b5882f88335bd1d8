"""`gpux operator`: what is wrong whatever the venue says is refused before it is asked."""

from pathlib import Path

import pytest

from exchange.operator.requests import MILLS_MAX
from tests.cli.mistakes import mistake


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("operator settle missing H100.G90.F27=1e999999999", "H100.G90.F27=1e999999999"),
        ("operator settle missing --day tomorrow", "--day 'tomorrow'"),
        ("operator deposit missing 1 0", "MILLS 0"),
        (f"operator withdraw missing 1 {MILLS_MAX + 1}", f"MILLS {MILLS_MAX + 1} not in 1..{MILLS_MAX}"),
        ("operator account missing 0", "NUMBER 0"),
        ("operator stop missing --after -1", "--after -1"),
        ("operator state missing H100 sideways", "sideways"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_argument(
    command: str, named: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert named in mistake(capsys, command)
