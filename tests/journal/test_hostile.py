"""Journal files that are no journal: refused with exit code 65 and the place, and nothing is changed."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from exchange.journal.errors import Refusal
from exchange.journal.verify import verify
from exchange.main import Settings, prepare
from tests.gateway.harness import DAY, SYMBOL

SEGMENT_BYTES = 1 << 20
SETTINGS = Settings(day=DAY, symbols=(SYMBOL,), durability="none", limits="medium", segment_bytes=SEGMENT_BYTES)
FIRST = "journal/0000000001.seg"
HEADER_COPY_BYTES = 2_048  # the header block has two copies

Damage = Callable[[bytes], bytes]
TABLE: dict[str, Damage] = {
    "random bytes": lambda data: random.Random(1).randbytes(len(data)),
    "length 0": lambda data: b"",
    "one byte": lambda data: data[:1],
    "zeros": lambda data: bytes(len(data)),
    "foreign magic": lambda data: (
        b"PK\x03\x04" + data[4:HEADER_COPY_BYTES] + b"PK\x03\x04" + data[HEADER_COPY_BYTES + 4 :]
    ),
    "all counts 2^32-1": lambda data: data[: 2 * HEADER_COPY_BYTES] + b"\xff" * (len(data) - 2 * HEADER_COPY_BYTES),
    "body past the end": lambda data: data[: len(data.rstrip(b"\0")) // 2],
    "another file of the folder": lambda data: b"SQLite format 3\0" + bytes(len(data) - 16),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a venue that stopped cleanly."""
    folder = tmp_path_factory.mktemp("sound") / "venue"
    with prepare(str(folder), SETTINGS) as opened:
        opened.make_key("k1", 1, 10**9)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.rule("BAD-066", "DUR-108")
@pytest.mark.parametrize("name", TABLE)
def test_file_that_is_no_journal_is_refused_and_left_as_it_is(sound: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "venue"
    shutil.copytree(sound, folder)
    path = folder / FIRST
    path.write_bytes(TABLE[name](path.read_bytes()))
    before = contents(folder)
    with pytest.raises(Refusal, match="journal refused: ") as verified:
        verify(str(folder))
    with pytest.raises(Refusal, match="journal refused: ") as started, prepare(str(folder), SETTINGS):
        pytest.fail("it serves")
    assert verified.value.code == started.value.code == 65
    assert contents(folder) == before
