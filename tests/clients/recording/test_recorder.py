"""A recorder writes what it is given, and gives up when the disk does, without stopping the session."""

from pathlib import Path
from typing import Any

import pytest

from clients.client import Session, connect
from clients.events import RecordingEnded
from clients.recording.file_format import RecordKind, header_of, read
from clients.recording.recorder import Recorder
from exchange.main import RunningServer
from exchange.wire.messages import InstrumentDefinition
from tests.clients.scenes import PRICE, play, until
from tests.clients.scripted_venue import ScriptedVenue


def recorder(path: Path) -> Recorder:
    return Recorder(str(path), ScriptedVenue().core, "gpux.v1+json", "abc")


def test_frames_are_written_with_the_time_since_the_first(tmp_path: Path) -> None:
    file = tmp_path / "a.rec"
    one = recorder(file)
    one.opened(100.0)
    one.received(b"hello", 100.5)
    one.sent(b"auth", 100.75)
    one.closed(1006, "gone", 101.0)
    one.close()
    rows = [(record.kind, record.time_us, record.data) for record in read(str(file))][1:]
    assert rows == [
        (RecordKind.OPENED, 0, b""), (RecordKind.RECEIVED, 500_000, b"hello"), (RecordKind.SENT, 750_000, b"auth"),
        (RecordKind.CLOSED, 1_000_000, b'[1006,"gone"]'),
    ]  # fmt: skip
    assert header_of(str(file)).order_prefix == "abc"
    one.received(b"late", 102.0)
    assert len(list(read(str(file)))) == 5


def test_a_file_that_is_there_already_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.rec"
    file.write_text("mine")
    with pytest.raises(FileExistsError, match="a recording goes to a new file"):
        recorder(file)


def test_a_folder_that_is_not_there_ends_the_recording_with_the_reason(tmp_path: Path) -> None:
    one = recorder(tmp_path / "none" / "a.rec")
    one.opened(1.0)
    one.received(b"hello", 1.0)
    assert "No such file or directory" in one.failure


def test_a_full_disk_ends_the_recording_and_not_the_session(tmp_path: Path) -> None:
    async def scene(server: RunningServer, *rest: Any) -> None:
        month: InstrumentDefinition = rest[-1]
        session: Session
        async with connect(server.url, seed=5, record=tmp_path / "none" / "a.rec") as session:
            await session.book(month)
            (*_, last) = await until(session, RecordingEnded)
            assert isinstance(last, RecordingEnded) and "No such file" in last.reason
            assert session.live and session.recorder is None and PRICE

    play(tmp_path / "venue", scene)
