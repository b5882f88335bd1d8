"""Writes what a session receives and sends to a file, as it happens."""

from pathlib import Path

import msgspec

from clients.core import Core
from clients.recording.file_format import VERSION, RecordingHeader, RecordKind, RecordWriter
from exchange.wire.version import RELEASE

FLUSH_S = 0.25


class Recorder:
    """The recording of one session. `failure`: why it has ended before the session, empty if it has not."""

    def __init__(self, path: str, core: Core, subprotocol: str, order_prefix: str) -> None:
        """FileExistsError: the file is there already. It is made when the first connection is open."""
        if Path(path).exists():
            raise FileExistsError(f"{path} is there already: a recording goes to a new file")
        self._header = RecordingHeader(
            VERSION, RELEASE, core.dial.host, core.dial.path, core.key, subprotocol, order_prefix, core.margin
        )
        self.path, self.failure = path, ""
        self._writer: RecordWriter | None = None
        self._begun = 0.0
        self._flushed = 0.0

    def opened(self, now: float) -> None:
        if self._writer is None and not self._begun and not self.failure:
            try:
                self._writer, self._begun = RecordWriter(self.path, self._header), now
            except OSError as failure:
                self._fail(failure)
        self._write(RecordKind.OPENED, b"", now)

    def received(self, frame: bytes, now: float) -> None:
        self._write(RecordKind.RECEIVED, frame, now)

    def sent(self, frame: bytes, now: float) -> None:
        self._write(RecordKind.SENT, frame, now)

    def closed(self, code: int, reason: str, now: float) -> None:
        self._write(RecordKind.CLOSED, msgspec.json.encode([code, reason]), now)

    def close(self) -> None:
        """End the recording; what is written is complete."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except OSError as failure:
                self._fail(failure)

    def _write(self, kind: RecordKind, data: bytes, now: float) -> None:
        if self._writer is None:
            return
        try:
            self._writer.write(kind, data, round((now - self._begun) * 1e6))
            if now - self._flushed > FLUSH_S:
                self._flushed = now
                self._writer.flush()
        except OSError as failure:
            self._fail(failure)

    def _fail(self, failure: OSError) -> None:
        """Give up the recording, not the session: a full disk must not stop a program that trades."""
        self._writer = None
        self.failure = f"{self.path}: {failure.strerror or failure}"
