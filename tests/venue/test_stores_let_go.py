"""A venue that cannot be opened, or cannot be stopped cleanly, lets go of its folder all the same."""

import errno
from pathlib import Path
from typing import Any

import pytest

from exchange.errors import UserError
from exchange.journal.errors import JournalFailed
from exchange.seams import RealDisk
from exchange.venue import bootstrap as opening
from exchange.venue.folder_check import verify_folder
from tests.gateway.harness import Bench, NoSyncDisk


@pytest.mark.rule("DUR-040")
@pytest.mark.parametrize("step", ["EventHistory", "KeyStore", "answered_requests", "Venue"])
def test_start_that_fails_holds_no_lock(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tmp_path / "venue")
    with Bench(folder) as bench:
        bench.connect(bench.keys[1]).ask(bench.order(10, "a1"))

    def broken(*given: Any, **named: Any) -> Any:
        raise UserError("no more of it")

    with monkeypatch.context() as patch:
        patch.setattr(opening, step, broken)
        with pytest.raises(UserError, match="no more of it"):
            Bench(folder)
    with Bench(folder) as bench:
        assert not bench.opened.warnings.lines


@pytest.mark.rule("DUR-040", "DUR-083")
def test_stop_whose_snapshot_the_disk_refuses_lets_go_of_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tmp_path / "venue")
    bench = Bench(folder)
    bench.connect(bench.keys[1]).ask(bench.order(10, "a1"))
    last = bench.venue.sequence

    def refused(*given: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(opening, "CLOSING_SNAPSHOT_RECORDS", 1)
        patch.setattr(NoSyncDisk, "write_log", refused)
        with pytest.raises(JournalFailed, match="Input/output error"):
            bench.opened.close()
    with Bench(folder) as bench:
        assert bench.venue.sequence == last and len(bench.opened.keys.sessions) == 1


@pytest.mark.rule("DUR-120")
@pytest.mark.parametrize("reads", [1, 2, 3])
def test_verification_of_a_venue_that_goes_on_finds_no_lost_tail(tmp_path: Path, reads: int) -> None:
    folder = str(tmp_path / "venue")
    with Bench(folder) as bench:
        peer = bench.connect(bench.keys[1])

        class Meanwhile(RealDisk):
            """The venue trades and takes a snapshot once the first segment was looked at so often."""

            looks = 0

            def pread(self, handle: int, length: int, offset: int) -> bytes:
                data = super().pread(handle, length, offset)
                self.looks += length > 100_000 and data[:4] == segment[:4]
                if self.looks == reads and bench.venue.sequence == before:
                    peer.ask(bench.order(10, "a1"))
                    bench.venue.history.flush()
                    bench.opened.journal.snapshot(bench.venue.engine)
                return data

        before = bench.venue.sequence
        segment = (tmp_path / "venue/journal/0000000001.seg").read_bytes()
        report = verify_folder(folder, disk=Meanwhile())
        assert before <= report.last_sequence <= bench.venue.sequence
        assert reads == 3 or bench.venue.sequence > before
