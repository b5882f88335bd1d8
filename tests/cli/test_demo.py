"""`gpux demo` and `gpux story` refuse times, seeds, files and folders that they cannot use."""

from pathlib import Path

import pytest

from tests.cli.mistakes import mistake

BAD_INPUT = [
    "demo --seconds -1",
    "demo --seconds 0",
    "demo --seconds soon",
    "demo --seconds nan",
    "demo --seconds 1e400",
    "demo --folder .",
]


@pytest.mark.parametrize("command", BAD_INPUT)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("story --days -1", "--days -1 not in 1..731"),
        ("story --until 2030-01-01", "--until 2030-01-01 not in 2026-11-02 to 2028-11-01"),
        ("story --until 2026-11-01", "--until 2026-11-01 not in 2026-11-02 to 2028-11-01"),
        ("story --days 0", "--days 0 not in 1..731"),
        ("story --days 732", "--days 732 not in 1..731"),
        ("story --days many", "many"),
        ("story --until tomorrow", "--until 'tomorrow' is not a day"),
        ("story --until 2026-11-05 --days 3", "give one of them"),
        ("story --seed one", "one"),
        ("story --folder .", "--folder ."),
        ("story --plot story.txt", "--plot story.txt"),
    ],
)
def test_what_the_story_cannot_use_is_one_line_that_names_it(
    command: str, named: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    (workplace / "there").touch()
    assert named in mistake(capsys, command)
