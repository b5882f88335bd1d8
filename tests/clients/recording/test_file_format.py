"""A recording is read back as it was written; a file cut short or damaged is read up to the fault, which is named."""

import random
from pathlib import Path

import pytest

from clients.recording.file_format import (
    MAGIC,
    VERSION,
    DamagedRecording,
    RecordedFrame,
    RecordingHeader,
    RecordKind,
    RecordWriter,
    header_of,
    read,
)

HEADER = RecordingHeader(VERSION, "0.5.0", "localhost", "/v1/oe", "k_1", "gpux.v1+json", "abc")
HEAD = 17


def written(path: Path) -> list[RecordedFrame]:
    rng = random.Random(1)
    rows = [
        RecordedFrame(kind, n * 1000, rng.randbytes(rng.choice((0, 1, 50, 70_000))))
        for n, kind in enumerate((RecordKind.SENT, RecordKind.RECEIVED, RecordKind.RECEIVED) * 4)
    ]
    with RecordWriter(str(path), HEADER) as writer:
        for row in rows:
            writer.write(row.kind, row.data, row.time_us)
        writer.flush()
    return rows


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "a.rec"
    rows = written(file)
    assert list(read(str(file)))[1:] == rows and header_of(str(file)) == HEADER
    overhead = file.stat().st_size - len(MAGIC) - sum(len(record.data) for record in read(str(file)))
    assert overhead == HEAD * (len(rows) + 1)


def test_every_cut_names_its_offset_and_gives_what_is_whole(tmp_path: Path) -> None:
    file, cut = tmp_path / "a.rec", tmp_path / "cut.rec"
    written(file)
    data, ends = file.read_bytes(), [len(MAGIC)]
    for record in read(str(file)):
        ends.append(ends[-1] + HEAD + len(record.data))
    for length in {*ends, *(end + 1 for end in ends[:-1]), *(end - 1 for end in ends[1:]), ends[1] + HEAD}:
        cut.write_bytes(data[:length])
        whole = [end for end in ends if end <= length]
        found: list[RecordedFrame] = []
        if length in ends:
            found.extend(read(str(cut)))
        else:
            with pytest.raises(DamagedRecording) as caught:
                found.extend(read(str(cut)))
            assert caught.value.offset == whole[-1] and f"at offset {whole[-1]}" in str(caught.value)
        assert len(found) <= len(whole) - 1


def test_what_is_whole_before_a_cut_is_yielded(tmp_path: Path) -> None:
    file = tmp_path / "a.rec"
    rows = written(file)
    file.write_bytes(file.read_bytes()[:-1])
    reading = read(str(file))
    assert [next(reading) for _ in rows][1:] == rows[:-1]
    with pytest.raises(DamagedRecording):
        next(reading)


@pytest.mark.parametrize("seed", range(20))
def test_a_changed_byte_is_noticed_wherever_it_is(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "a.rec"
    written(file)
    data = bytearray(file.read_bytes())
    place = random.Random(seed).randrange(len(MAGIC), len(data))
    data[place] ^= 1 << seed % 8
    file.write_bytes(data)
    with pytest.raises(DamagedRecording) as caught:
        list(read(str(file)))
    assert caught.value.offset <= place


def test_another_file_is_no_recording(tmp_path: Path) -> None:
    file = tmp_path / "a.rec"
    file.write_bytes(b"something else")
    with pytest.raises(ValueError, match="is no recording"):
        header_of(str(file))
    file.write_bytes(MAGIC)
    with pytest.raises(ValueError, match="without a header"):
        header_of(str(file))


def test_a_later_version_is_refused_by_number(tmp_path: Path) -> None:
    file = tmp_path / "a.rec"
    RecordWriter(str(file), RecordingHeader(VERSION + 1, "9", "h", "/", "", "", "")).close()
    with pytest.raises(ValueError, match=f"version {VERSION + 1} of the format, this client reads {VERSION}"):
        header_of(str(file))


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "a.rec"
    written(file)
    with pytest.raises(FileExistsError):
        RecordWriter(str(file), HEADER)
