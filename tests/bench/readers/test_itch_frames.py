"""Files that are damaged, foreign, of another version or out of order are refused where the fault is."""

from pathlib import Path

import pytest
from itch.messages import messages as itchfeed_messages

from bench.readers.itch_frames import TYPES, Reader
from bench.readers.report import ImportOptions
from exchange.errors import UserError
from tests.bench.itch_file import DAY, OPEN, add, directory, message, write_day


def refusal(folder: Path, content: bytes) -> str:
    path = folder / "12302019.NASDAQ_ITCH50"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        Reader(path, ImportOptions(), 0).read()
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value).removeprefix(str(path))


@pytest.mark.rule("TAPE-005")
def test_damaged_and_foreign_files_are_refused_with_row_and_byte(tmp_path: Path) -> None:
    day = b"".join(DAY)
    assert refusal(tmp_path, b"").startswith(": no messages in 0 bytes, allowed: a file of Nasdaq TotalView-ITCH 5.0")
    assert " row 12 at byte 381: cut short: a message of 12 bytes, of which 11 are there" in refusal(tmp_path, day[:-1])
    assert "begins no known message of its length" in refusal(tmp_path, b"PK\x03\x04" + bytes(100))
    assert "begins no known message of its length" in refusal(tmp_path, b"time,type\n1,2\n")
    assert refusal(tmp_path, b"\x1f\x8bxx" * 9).startswith(": cannot be read")
    other = OPEN + directory("AAPL") + message("A", 3, bytes(19))
    assert "row 3 at byte 55: message A has 30 bytes, allowed in ITCH 5.0: 36 (another version?)" in refusal(
        tmp_path, other
    )
    late = OPEN + directory("AAPL", time_ns=9) + add(1, "B", 1, 100, 8)
    assert "row 3 at byte 55: time 8 ns of the day, allowed: 9 or later" in refusal(tmp_path, late)


@pytest.mark.rule("TAPE-005")
def test_what_follows_the_end_of_the_session_is_counted(tmp_path: Path) -> None:
    path = write_day(tmp_path, [*DAY, b"\0\0", b"rest"])
    frames = Reader(path, ImportOptions(), 0).read()
    assert (frames.rows, frames.trailing, frames.listed) == (12, 4, 1)


def test_chunks_that_cut_frames_give_the_same_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_day(tmp_path)
    whole = Reader(path, ImportOptions(), 0).read()
    monkeypatch.setattr("bench.readers.itch_frames.CHUNK_BYTES", 7)
    monkeypatch.setattr("bench.readers.itch_frames.ROWS_AT_FIRST", 1)
    pieces = Reader(path, ImportOptions(), 0).read()
    assert pieces.messages.tobytes() == whole.messages.tobytes() and pieces.counts == whole.counts


def test_each_type_has_the_length_that_itchfeed_gives_it() -> None:
    sizes = {letter.decode(): kind.message_size for letter, kind in itchfeed_messages.items()}
    assert {letter: length for letter, (length, _) in TYPES.items()} == sizes
