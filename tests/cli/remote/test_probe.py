"""`gpux probe`: exit codes, table and JSON."""

import json
from pathlib import Path

import pytest

from tests.cli.mistakes import ended, mistake
from tests.served import Served


def test_a_running_venue_is_measured(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with Served(tmp_path / "venue") as served:
        url = f"ws://127.0.0.1:{served.port}"
        code, out, err = ended(capsys, "probe", url, "--seconds", "0.2")
        assert (code, err) == (0, "") and out.splitlines()[-1] == "times in microseconds"
        code, out, _ = ended(capsys, "probe", "--venue", url, "--seconds", "0.2", "--json")
        assert code == 0 and json.loads(out)["measured"][0]["what"] == "connect to hello"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("probe localhost", "is no address of a venue; allowed: ws:// or wss://"),
        ("probe ws://127.0.0.1:1 --key-id k_a", "--key-id k_a needs the file of its private key"),
        ("probe ws://127.0.0.1:1 --seconds 0", "--seconds 0 is not above 0"),
        ("probe ws://127.0.0.1:1 --key-id k_a --key empty.txt", "empty.txt holds no readable Ed25519 private key"),
    ],
)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, text: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert text in mistake(capsys, command)


def test_no_venue_is_exit_code_1(capsys: pytest.CaptureFixture[str], workplace: Path) -> None:
    assert "nothing listens at port 1" in mistake(capsys, "probe ws://127.0.0.1:1", 1)
