"""Two real processes and one data folder: only one of them ever writes it (DUR-040)."""

import shutil
import signal
from pathlib import Path

import pytest

from exchange.engine.warmup import warm_up
from exchange.journal.verify import verify
from exchange.limits import MEDIUM
from tests.served import Served


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    """Kernels are compiled once, not by every process."""
    warm_up(MEDIUM)


def refused(folder: Path) -> str:
    """A second venue of a folder ends with 75; what it said."""
    second = Served(folder)
    assert second.ended() == 75, second.text
    assert "Traceback" not in second.text
    return second.text


@pytest.mark.rule("DUR-040", "DUR-108")
@pytest.mark.parametrize("harm", ["removed", "replaced", "left alone"])
def test_without_its_lock_file_a_folder_is_still_refused_to_a_second_venue(tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "venue"
    with Served(folder) as first:
        first.process.send_signal(signal.SIGSTOP)  # it cannot notice before the second has tried
        if harm != "left alone":
            (folder / "LOCK").unlink()
        if harm == "replaced":
            (folder / "LOCK").touch(0o600)
        assert "is in use by another process" in refused(folder)
        first.process.send_signal(signal.SIGCONT)
        if harm == "left alone":
            assert first.process.poll() is None
            first.process.send_signal(signal.SIGTERM)
            assert first.ended() == 0
        else:
            assert first.ended() == 75, first.text
            assert f"{folder}/LOCK was removed or replaced" in first.text and "Traceback" not in first.text
    verify(str(folder))
    if harm != "replaced":  # it leaves what "removed" leaves
        with Served(folder) as again:
            assert "recovered" in again.text


@pytest.mark.rule("DUR-040", "DUR-108")
@pytest.mark.parametrize("part", ["", "journal", "journal/0000000001.seg"])
def test_a_venue_whose_files_were_moved_away_stops(tmp_path: Path, part: str) -> None:
    """As when somebody puts a backup in their place: what is written there would be lost, or another's."""
    folder = tmp_path / "venue"
    with Served(folder) as first:
        moved, away = folder / part, tmp_path / "away"
        first.process.send_signal(signal.SIGSTOP)  # it cannot notice, and remove files, before all are copied
        moved.rename(away)
        if away.is_dir():
            shutil.copytree(away, moved, ignore=shutil.ignore_patterns("*.sock", "*.tmp"))
        else:
            shutil.copy2(away, moved)
        first.process.send_signal(signal.SIGCONT)
        assert first.ended() == 75, first.text
        assert "was removed or replaced" in first.text and "Traceback" not in first.text
    verify(str(folder))
