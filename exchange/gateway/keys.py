"""Keys and sessions of the journal, and which accounts have changed their firm, kept in SQLite so that a start does not
have to read the whole journal.

This is a derived store (DUR-150, DUR-151). It is written only after a DEFINE_KEY control or a SESSION row is durable in
the journal. A damaged file (key_file.py) is deleted and rebuilt. The store has public keys only, no secrets. If the
file cannot be written, memory still has everything, and the next write or start brings the file up to date.
"""

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from exchange.codes import CommandKind
from exchange.errors import UserError, Warnings
from exchange.gateway.auth import SCOPES, check_public_key, decode_bytes
from exchange.gateway.firms.firm_moves import FirmMove, move_of
from exchange.gateway.key_file import TABLES, KeyFile, KeyFileError, Row, proof, proof_key, read_key_file, row_digest
from exchange.gateway.translate import session_terms
from exchange.journal.frames import NO_HASH
from exchange.seams import Disk
from exchange.wire.messages import CancelTerms

KEY_ID_BYTES = 24  # the key id is in the client order id field of a SESSION row
KEY_ID = re.compile(rf"[A-Za-z0-9_.:-]{{1,{KEY_ID_BYTES}}}")  # the key ids that a logon can name
OFF = CancelTerms(mode="off")
STORED_KINDS = (CommandKind.DEFINE_KEY, CommandKind.SESSION, CommandKind.DISCONNECT)

_PUT = {
    "keys": "INSERT OR REPLACE INTO keys VALUES (?, ?)",
    "sessions": "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)",
    "moves": "INSERT OR REPLACE INTO moves VALUES (?, ?, ?, ?, ?)",
}
_DROP = {"keys": "DELETE FROM keys WHERE key = ?", "sessions": "DELETE FROM sessions WHERE number = ?"}
# The sequence up to which the derived stores are complete, and the hash of the journal's frame with it; None while that
# frame is not durable.
Position = Callable[[], tuple[int, bytes | None]]


class KeyDefinition(msgspec.Struct, forbid_unknown_fields=True):
    """Payload of a DEFINE_KEY control. `made_by`: the operator who made an operator's key alone (SEC-061)."""

    key: str
    public: str
    accounts: list[int]
    scopes: list[str]
    firm: int = 0
    expires_us: int = 0
    addresses: list[str] = []
    made_by: str = ""


@dataclass(frozen=True)
class Key:
    """Who may log on: public key, accounts, scopes."""

    key: str
    public: bytes
    accounts: tuple[int, ...]
    scopes: frozenset[str]
    firm: int
    expires_us: int
    addresses: frozenset[str]
    made_by: str = ""

    @property
    def person(self) -> str:
        """The operator that this key stands for when two are needed (SEC-061).

        A key that one operator made alone stands for that operator, not for a second person.
        """
        return self.made_by or self.key

    @property
    def may_cancel(self) -> bool:
        return not self.scopes.isdisjoint(("trade", "cancel"))

    @property
    def may_read(self) -> bool:
        return "read" in self.scopes


@dataclass(frozen=True)
class SessionRecord:
    """A session in the journal: its key, its terms of cancel on disconnect, and the time of its last SESSION row."""

    number: int
    key: str
    terms: CancelTerms
    time_ns: int


def key_payload(definition: KeyDefinition) -> bytes:
    """Check a definition and return the payload of its DEFINE_KEY control. UserError: a field is not valid."""
    if KEY_ID.fullmatch(definition.key) is None:
        raise UserError(f"key id {definition.key!r} is not 1 to {KEY_ID_BYTES} characters from A-Z a-z 0-9 _ . : -")
    unknown = sorted(set(definition.scopes) - set(SCOPES))
    if unknown or not definition.scopes:
        raise UserError(f"scopes {definition.scopes} not from {', '.join(SCOPES)}")
    if "admin" in definition.scopes and len(definition.scopes) > 1:
        raise UserError("scope admin is never mixed with others")
    if not definition.accounts:
        raise UserError(f"key {definition.key!r} has no account")
    try:
        check_public_key(decode_bytes(definition.public))
    except ValueError as error:
        raise UserError(str(error)) from error
    return msgspec.json.encode(definition)


def read_key(payload: bytes) -> Key:
    """The key that a DEFINE_KEY defines. msgspec.MsgspecError or ValueError: the payload is invalid."""
    given = msgspec.json.decode(payload, type=KeyDefinition)
    return Key(
        given.key,
        decode_bytes(given.public),
        tuple(given.accounts),
        frozenset(given.scopes),
        given.firm,
        given.expires_us,
        frozenset(given.addresses),
        given.made_by,
    )


class KeyStore:
    """Keys and sessions in memory, and their copy in SQLite. `applied`: sequence up to which they are complete."""

    def __init__(
        self,
        path: str,
        disk: Disk,
        history: str,
        last_sequence: int,
        warnings: Warnings | None = None,
        position: Position | None = None,
    ) -> None:
        """Open the store, or make it. An empty file replaces one that is damaged, of another journal, or ahead of it.

        If the file cannot be used, the store is in memory only and is read from the journal.

        history         name of the journal
        last_sequence   last sequence of the journal
        warnings        gets notes for the operator
        position        gives sequence and frame hash for each write; if left out, `applied` without a hash
        """
        self._path = path
        self._disk = disk
        self._history = history
        self._warnings = warnings or Warnings()
        self._position = position
        self._unwritten: dict[tuple[str, Any], Row | None] = {}  # by table and primary key; None: deleted
        self._digests: dict[tuple[str, Any], int] = {}  # by table and primary key, of the rows in the file
        self._sum = 0  # of these digests
        self._proof_key = proof_key(history)
        self._behind = False
        self.keys: dict[str, Key] = {}
        self.sessions: dict[int, SessionRecord] = {}
        self.moves: list[FirmMove] = []  # in order
        self.applied = self._written = 0
        try:
            self._open(last_sequence)
        except (sqlite3.Error, OSError) as error:
            self._warnings.note(f"{path} cannot be used, keys and sessions are read from the journal: {error}")
            self._clear()
            self._database = sqlite3.connect(":memory:")
            self._create_tables()

    def catch_up(self, records: Iterable[tuple[Any, bytes]]) -> None:
        """Apply the (row, payload) pairs of the journal after `applied`: STORED_KINDS, and moves of accounts."""
        begin = sequence = self.applied
        noted = not begin
        for row, payload in records:
            sequence = int(row["sequence"])
            if sequence <= self.applied:
                continue
            kind = row["kind"]
            move = move_of(row, payload)
            if not noted and (kind in STORED_KINDS or move is not None):
                noted = True
                self._warnings.note(
                    f"{self._path} ended at {begin} and lacked record {sequence}; it was completed from the journal"
                )
            if kind == CommandKind.DEFINE_KEY:
                self._define(payload)
            elif kind == CommandKind.SESSION:
                key, terms = session_terms(row)
                self._put(SessionRecord(int(row["session"]), key, terms, int(row["time_ns"])))
            elif kind == CommandKind.DISCONNECT:
                self._disarm(int(row["session"]))
            elif move is not None:
                self._put_move(move)
        self._advance(max(sequence, self.applied))

    def define(self, sequence: int, payload: bytes) -> Key:
        """Apply a durable DEFINE_KEY control."""
        key = self._define(payload)
        self._advance(sequence)
        return key

    def put_session(self, sequence: int, record: SessionRecord) -> None:
        """Apply a durable SESSION row."""
        self._put(record)
        self._advance(sequence)

    def disarm(self, sequence: int, number: int) -> None:
        """Note that a session's cancel on disconnect has run, so that the next start does not run it again."""
        self._disarm(number)
        self._advance(sequence)

    def put_move(self, move: tuple[int, int, int, int, int]) -> None:
        """Apply a durable DEFINE_ACCOUNT that has moved an account to another firm."""
        self._put_move(FirmMove(*move))
        self._advance(move[0])

    def drop_session(self, number: int) -> None:
        """Remove a session that may no longer be resumed; the next write deletes it from the file."""
        self.sessions.pop(number, None)
        self._unwritten["sessions", number] = None

    def flush(self) -> None:
        """Write changes to the file once they are durable in the journal.

        If the file is locked or the disk is full, the next call tries again.
        """
        sequence, frame = self._position() if self._position is not None else (self.applied, NO_HASH)
        if frame is None or sequence < self.applied or (not self._unwritten and self._written == self.applied):
            return
        try:
            digests = self._write_rows()
            applied = (sequence, frame, proof(self._proof_key, sequence, frame, digests))
            self._database.execute("UPDATE applied SET sequence = ?, frame = ?, proof = ?", applied)
            self._database.commit()
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._database.rollback()
            if not self._behind:
                self._warnings.note(f"{self._path} is not written for now, the journal has what it lacks: {error}")
            self._behind = True
        else:
            for row_key, row in self._unwritten.items():
                self._note_digest(row_key, row)
            self._unwritten.clear()
            self.applied = self._written = sequence
            self._behind = False

    def close(self, sequence: int) -> None:
        """Close the store. `sequence`: of the last durable command; the next start reads the journal after it."""
        self._advance(max(sequence, self.applied))
        with contextlib.suppress(sqlite3.Error):
            self._database.close()

    def _define(self, payload: bytes) -> Key:
        key = read_key(payload)
        self.keys[key.key] = key
        self._unwritten["keys", key.key] = (key.key, payload)
        return key

    def _put(self, record: SessionRecord) -> None:
        self.sessions[record.number] = record
        terms = record.terms
        self._unwritten["sessions", record.number] = (
            record.number, record.key, terms.mode, terms.orders, terms.on, terms.grace_ms, record.time_ns,
        )  # fmt: skip

    def _put_move(self, move: FirmMove) -> None:
        self.moves.append(move)
        self._unwritten["moves", move.sequence] = move

    def _disarm(self, number: int) -> None:
        record = self.sessions.get(number)
        if record is not None:
            self._put(replace(record, terms=OFF))

    def _advance(self, sequence: int) -> None:
        self.applied = sequence
        self.flush()

    def _write_rows(self) -> int:
        """Write the changed rows to the file; returns the new sum of all digests."""
        digests = self._sum
        for row_key, row in self._unwritten.items():
            table, number = row_key
            if row is None:
                self._database.execute(_DROP[table], (number,))
            else:
                self._database.execute(_PUT[table], row)
                digests += row_digest(self._proof_key, table, row)
            digests -= self._digests.get(row_key, 0)
        return digests

    def _note_digest(self, row_key: tuple[str, Any], row: Row | None) -> None:
        """Update the digest of a row that was written to the file, or deleted from it (`row` None)."""
        self._sum -= self._digests.pop(row_key, 0)
        if row is not None:
            self._digests[row_key] = row_digest(self._proof_key, row_key[0], row)
            self._sum += self._digests[row_key]

    def _open(self, last_sequence: int) -> None:
        """Load a valid file. Replace any other by an empty one, with a warning unless the journal is empty."""
        missing = not self._disk.exists(self._path)
        try:
            if missing:
                raise KeyFileError("it is missing")
            found = read_key_file(self._disk, self._path, self._history)
            if found.sequence > last_sequence:
                raise KeyFileError(f"it is at {found.sequence}, the journal ends at {last_sequence}")
            self._load(found)
        except (KeyFileError, msgspec.MsgspecError, ValueError) as error:
            if last_sequence:
                self._warnings.note(f"{self._path} is rebuilt from the journal: {error}")
            self._start_empty()
            return
        self._database = self._connect()
        if self._database.execute("SELECT sequence FROM applied").fetchone() != (found.sequence,):
            self._start_empty()

    def _create_tables(self) -> None:
        self._database.executescript(";".join(TABLES.values()))
        nothing = (self._history, 0, NO_HASH, proof(self._proof_key, 0, NO_HASH, 0))
        self._database.execute("INSERT INTO applied VALUES (1, ?, ?, ?, ?)", nothing)
        self._database.commit()

    def _load(self, found: KeyFile) -> None:
        for row in found.keys:
            key = read_key(row[1])
            self.keys[key.key] = key
            self._note_digest(("keys", key.key), row)
        for row in found.sessions:
            number, key_id, mode, orders, on, grace_ms, time_ns = row
            terms = CancelTerms(mode=mode, orders=orders, on=on, grace_ms=grace_ms)
            self.sessions[number] = SessionRecord(number, key_id, terms, time_ns)
            self._note_digest(("sessions", number), row)
        for row in found.moves:
            self.moves.append(FirmMove(*row))
            self._note_digest(("moves", row[0]), row)
        self.applied = self._written = found.sequence

    def _connect(self) -> sqlite3.Connection:
        """Open the file without syncs, since the journal can replace what a power cut loses, and without lock waits."""
        database = sqlite3.connect(self._path, timeout=0)
        self._disk.set_mode(self._path, 0o600)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        return database

    def _clear(self) -> None:
        self.keys.clear()
        self.sessions.clear()
        self.moves.clear()
        self._digests.clear()
        self._sum = self.applied = self._written = 0

    def _start_empty(self) -> None:
        """Start with an empty file; the journal is then read from its beginning."""
        self._clear()
        for suffix in ("", "-wal", "-shm"):
            if self._disk.exists(self._path + suffix):
                self._disk.unlink(self._path + suffix)
        self._database = self._connect()
        self._create_tables()
