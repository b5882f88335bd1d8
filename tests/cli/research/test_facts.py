"""`gpux facts` refuses sources and options that it cannot use, in one line."""

from pathlib import Path

import pytest

from bench.flows.registry import FLOW_NAMES
from tests.cli.mistakes import ended, mistake

BAD_INPUT = [
    ("facts no-such-file.parquet", "no-such-file.parquet: no such file"),
    ("facts no-tape.parquet", "no-tape.parquet"),
    ("facts .", "not a data folder"),
    ("facts empty.txt", "empty.txt"),
    ("facts mixed --commands 0", "--commands 0"),
    ("facts mixed --seed -1", "--seed -1"),
    ("facts mixed --seed many", "many"),
    ("facts mixed --commands 50 --book H100", "--book H100: not listed; listed, busiest first: BOOK-1"),
    ("facts mixed --commands 50 --against no-such-file.parquet", "no-such-file.parquet: no such file"),
    ("facts mixed --html no-such-folder/x.html", "no folder no-such-folder"),
    ("facts mixed --commands 50 --against mixed --against-book H100", "--book H100: not listed"),
    ("facts mixed --html .", "--html"),
]


@pytest.mark.parametrize(("command", "said"), BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, said: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert said in mistake(capsys, command)


def test_help_names_every_flow(capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = ended(capsys, "facts", "--help")
    assert f"a flow: {', '.join(FLOW_NAMES)}." in " ".join(text.replace("│", " ").split())
