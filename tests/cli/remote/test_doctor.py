"""`gpux doctor`: exit codes, lines and JSON."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clients.credentials import Ed25519
from tests.cli.mistakes import ROOT, ended, mistake
from tests.served import Served


def gpux(*arguments: object) -> tuple[int, str]:
    """Exit code and output of the command in a process of its own: the clock of tests differs from the venue's."""
    command = [sys.executable, "-m", "exchange.cli.app", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_running_venue_is_examined(tmp_path: Path) -> None:
    with Served(tmp_path / "venue") as served:
        url = f"ws://127.0.0.1:{served.port}"
        code, out = gpux("doctor", url, "--seconds", "0.2")
        assert code == 0, out
        assert [line.split()[1] for line in out.splitlines()] == [
            "name", "tcp", "upgrade", "version", "agreed", "limits", "clock", "streams",
        ]  # fmt: skip
        file = tmp_path / "a.pem"
        file.write_bytes(Ed25519.generate().pem())
        file.chmod(0o600)
        code, out = gpux(
            *("doctor", url, "--json", "--seconds", "0", "--origin", "https://evil.test", "--key-id", "k_a"),
            *("--key", file),
        )
        found = json.loads(out)
        assert (code, found["ok"]) == (1, False)
        assert [one["check"] for one in found["checks"] if one["state"] == "fail"] == ["origin", "logon"]
        assert gpux("doctor", tmp_path / "venue")[0] == 0


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("doctor http://localhost", "is no address of a venue; allowed: ws:// or wss://"),
        ("doctor ws://127.0.0.1:1 --key-id k_a", "--key-id k_a needs the file of its private key: --key FILE.pem"),
        ("doctor ws://127.0.0.1:1 --seconds -1", "--seconds -1 is not in 0..3600"),
        ("doctor . --origin https://x.test", "need an address like ws://127.0.0.1:8443, not a folder"),
    ],
)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, text: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert text in mistake(capsys, command)


def test_a_failed_check_is_exit_code_1(capsys: pytest.CaptureFixture[str], workplace: Path) -> None:
    code, out, _ = ended(capsys, "doctor", "ws://127.0.0.1:1")
    assert code == 1 and "FAIL  tcp" in out and "do: start the venue" in out
    assert ended(capsys, "doctor", "nothing")[0] == 1
