"""Reads and checks the file of the key store (DUR-150). `keys` writes it.

SQLite does not notice most flipped bits. So the file has, beside its rows, the sequence up to which they are complete,
the hash of the journal's frame with that sequence, and a proof. The proof is a keyed hash of these two and of the sum
of the rows' hashes; a sum is cheap to update when a row changes. The key of the hash is derived from the journal's
name, so that the file of another journal fails the check.
"""

import sqlite3
import struct
from collections.abc import Iterable
from contextlib import closing
from typing import Any, NamedTuple

import msgspec
from blake3 import blake3

from exchange.journal.claims import Claim
from exchange.journal.errors import reading
from exchange.journal.frames import NO_HASH
from exchange.seams import Disk, NotAFile

KEY_CONTEXT = "gpux key store v1 proof key"
TABLES = {
    "applied": (
        "CREATE TABLE applied (one INTEGER PRIMARY KEY CHECK (one = 1),"
        " history TEXT, sequence INTEGER, frame BLOB, proof BLOB)"
    ),
    "keys": "CREATE TABLE keys (key TEXT PRIMARY KEY, payload BLOB)",
    "sessions": (
        "CREATE TABLE sessions (number INTEGER PRIMARY KEY, key TEXT, mode TEXT, orders TEXT, active_on TEXT,"
        " grace_ms INTEGER, time_ns INTEGER)"
    ),
    "moves": (
        "CREATE TABLE moves (sequence INTEGER PRIMARY KEY, account INTEGER, left INTEGER, joined INTEGER,"
        " stream INTEGER)"
    ),
}
_JOURNAL_MODES = slice(18, 20)  # bytes of SQLite's header: 2, 2 is WAL; a database in memory must have 1, 1
_LOG_HEADER = struct.Struct(">8I")
_LOG_FRAME = struct.Struct(">6I")
_LOG_MAGIC = 0x377F0682  # its lowest bit is the byte order of the checksums
_SUM_MODULO = 1 << 256
Row = tuple[Any, ...]


class KeyFileError(Exception):
    """The file is not a valid key store of this journal; the message says why."""


class KeyFile(NamedTuple):
    """Contents of a valid file.

    sequence                last sequence of the journal that the rows contain
    frame                   hash of the journal's frame with that sequence; zeros if it was not known
    keys, sessions, moves   rows of the tables
    """

    sequence: int
    frame: bytes
    keys: list[Row]
    sessions: list[Row]
    moves: list[Row]


def proof_key(history: str) -> bytes:
    return blake3(history.encode(), derive_key_context=KEY_CONTEXT).digest()


def row_digest(key: bytes, table: str, row: Row) -> int:
    return int.from_bytes(blake3(msgspec.msgpack.encode((table, *row)), key=key).digest(), "little")


def proof(key: bytes, sequence: int, frame: bytes, digests: int) -> bytes:
    """The proof of a file. `digests`: sum of the digests of all rows."""
    whole = digests % _SUM_MODULO
    return blake3(struct.pack("<q", sequence) + frame + whole.to_bytes(32, "little"), key=key).digest()


def read_key_file(disk: Disk, path: str, history: str) -> KeyFile:
    """Read a file with its write-ahead log, and check it.

    history        the journal's name; empty: any
    KeyFileError   the file is damaged, or of another journal
    NotAFile       the path of the file or of its log is not a file
    """
    names = [path + suffix for suffix in ("", "-wal", "-shm")]
    data, log, _ = (_read(disk, name) if disk.exists(name) else b"" for name in names)
    if len(data) < 100:
        raise KeyFileError(f"it has {len(data)} bytes")
    image = _with_log(data, log)
    if image[_JOURNAL_MODES] != b"\2\2":
        raise KeyFileError("it is no database of this kind")
    image[_JOURNAL_MODES] = b"\1\1"
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(bytes(image))
            return _read_rows(database, history)
    except (sqlite3.Error, UnicodeDecodeError, OverflowError, TypeError) as error:
        raise KeyFileError(str(error)) from None


def key_claim(disk: Disk, path: str, history: str) -> Claim | None:
    """The sequence and frame hash of the journal that a valid file states.

    None: the file is missing, damaged or of another journal; the start rebuilds it. JournalFailed: its path is not a
    file.
    """
    try:
        found = read_key_file(disk, path, history) if disk.exists(path) else None
    except NotAFile as error:
        with reading(str(error.filename)):
            raise
    except (KeyFileError, OSError):
        return None
    return Claim(path, found.sequence, found.frame) if found is not None else None


def _read(disk: Disk, path: str) -> bytes:
    handle = disk.open(path, write=False)
    try:
        return disk.pread(handle, disk.size(handle), 0)
    finally:
        disk.close(handle)


def _read_rows(database: sqlite3.Connection, history: str) -> KeyFile:
    if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        raise KeyFileError("SQLite finds it damaged")
    tables = dict(database.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall())
    if tables != TABLES:
        raise KeyFileError("its tables are not those of this version")
    applied = database.execute("SELECT history, sequence, frame, proof FROM applied").fetchall()
    if len(applied) != 1:
        raise KeyFileError("it has no sequence")
    found, sequence, frame, stored_proof = applied[0]
    history = history or found
    if found != history:
        raise KeyFileError(f"it is of the journal {found}, not {history}")
    keys = database.execute("SELECT * FROM keys").fetchall()
    sessions = database.execute("SELECT * FROM sessions").fetchall()
    moves = database.execute("SELECT * FROM moves ORDER BY sequence").fetchall()
    key = proof_key(history)
    if not isinstance(frame, bytes) or len(frame) != len(NO_HASH):
        raise KeyFileError("its frame hash has the wrong length")
    if stored_proof != proof(key, sequence, frame, sum_of(key, keys, sessions, moves)):
        raise KeyFileError("its rows are not those that were written")
    return KeyFile(sequence, frame, keys, sessions, moves)


def sum_of(key: bytes, keys: Iterable[Row], sessions: Iterable[Row], moves: Iterable[Row]) -> int:
    """Sum of the digests of all rows."""
    tables = ("keys", keys), ("sessions", sessions), ("moves", moves)
    return sum(row_digest(key, table, row) for table, rows in tables for row in rows)


def _with_log(data: bytes, log: bytes) -> bytearray:
    """The database with the committed pages of its write-ahead log.

    As in SQLite, the log ends at the first frame with a wrong checksum or salt.
    """
    image = bytearray(data)
    if len(log) < _LOG_HEADER.size:
        return image
    magic, _, page_bytes, _, *salts, first, second = _LOG_HEADER.unpack_from(log)
    if magic & ~1 != _LOG_MAGIC or _checksum(log[:24], magic, (0, 0)) != (first, second):
        return image
    sums, pages, whole = (first, second), dict[int, bytes](), dict[int, bytes]()
    size = 0
    for at in range(_LOG_HEADER.size, len(log) - _LOG_FRAME.size - page_bytes + 1, _LOG_FRAME.size + page_bytes):
        number, committed, *frame_salts, first, second = _LOG_FRAME.unpack_from(log, at)
        page = log[at + _LOG_FRAME.size : at + _LOG_FRAME.size + page_bytes]
        sums = _checksum(log[at : at + 8] + page, magic, sums)
        if frame_salts != salts or sums != (first, second):
            break
        pages[number] = page
        if committed:
            size, whole = committed, dict(pages)
    if size:
        image = image[: size * page_bytes].ljust(size * page_bytes, b"\0")
    for number, page in whole.items():
        if number <= size:
            image[(number - 1) * page_bytes : number * page_bytes] = page
    return image


def _checksum(data: bytes, magic: int, sums: tuple[int, int]) -> tuple[int, int]:
    """SQLite's checksum over bytes of a log, continued from `sums`."""
    first, second = sums
    words = struct.unpack(f"{'>' if magic & 1 else '<'}{len(data) // 4}I", data[: len(data) // 4 * 4])
    for at in range(0, len(words) - 1, 2):
        first = (first + words[at] + second) & 0xFFFFFFFF
        second = (second + words[at + 1] + first) & 0xFFFFFFFF
    return first, second
