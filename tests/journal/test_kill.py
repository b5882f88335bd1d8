"""The compiled engine and the real disk: `kill -9` while it trades."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from exchange.cli.app import main
from exchange.engine.engine import Engine
from exchange.journal.replay import replay_folder
from exchange.limits import MEDIUM
from tests.journal.killed_process import open_folder

ROOT = Path(__file__).parent.parent.parent


def trade_and_kill(folder: Path, acks: int) -> int:
    """Run the process until it has printed so many acknowledgements, kill it; returns the last one it printed."""
    command = [sys.executable, "-m", "tests.journal.killed_process", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(acks + 1)]
        process.kill()
        lines += process.stdout.readlines()
    whole = [line for line in lines[1:] if line.endswith("\n")]
    assert len(whole) >= acks, lines
    return int(whole[-1])


@pytest.mark.rule("DUR-020")
@pytest.mark.rule("DUR-005")
def test_kill_9_under_load_loses_nothing_and_replay_gives_the_same_state(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for acks in (30, 75):
        acked = trade_and_kill(folder, acks)
        opened = open_folder(str(folder))
        assert opened.engine.sequence >= acked
        state_hash = opened.engine.state_hash()
        opened.journal.close()
        report = replay_folder(str(folder), Engine(MEDIUM))
        assert (report.last_sequence, report.state_hash) == (opened.engine.sequence, state_hash)
    assert opened.report.snapshot_sequence > 0 and report.fills > 100


@pytest.mark.rule("DUR-120")
@pytest.mark.rule("DUR-124")
def test_the_commands_check_and_print_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    trade_and_kill(folder, 5)
    main_exit(["journal", "verify", str(folder), "--deep"], 0)
    printed = capsys.readouterr().out
    assert "valid" in printed and "state hash" in printed
    main_exit(["journal", "dump", str(folder), "--seq", "2-4"], 0)
    assert [line[:3] for line in capsys.readouterr().out.splitlines()] == ['{"f'] * 3
    segment = folder / "journal" / "0000000001.seg"
    data = bytearray(segment.read_bytes())
    data[3 * 4_096 - 4_000] ^= 1
    segment.chmod(0o600)
    segment.write_bytes(bytes(data))
    main_exit(["journal", "verify", str(folder)], 65)
    assert "journal refused: segment 1 offset" in capsys.readouterr().err
    main_exit(["journal", "verify", str(tmp_path)], 2)
    assert "not a data folder" in capsys.readouterr().err


def main_exit(arguments: list[str], code: int) -> None:
    """Run a `gpux` command and check its exit code."""
    with pytest.raises(SystemExit) as stop:
        sys.exit(main(arguments))
    assert (stop.value.code or 0) == code


@pytest.mark.rule("DUR-106")
def test_a_batch_split_elsewhere_gives_the_same_events(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    trade_and_kill(folder, 10)
    whole: list[np.ndarray] = []
    replay_folder(str(folder), Engine(MEDIUM), whole.append)

    class RowByRow(Engine):
        def apply(self, commands: np.ndarray) -> np.ndarray:
            return np.concatenate([super(RowByRow, self).apply(commands[at : at + 1]) for at in range(len(commands))])

    pieces: list[np.ndarray] = []
    replay_folder(str(folder), RowByRow(MEDIUM), pieces.append)
    assert np.concatenate(whole).tobytes() == np.concatenate(pieces).tobytes()
