"""Keys and sessions: what the journal says about them, kept in SQLite so that a start need not read all of it.

A derived store (DUR-150, DUR-151): written only as the effect of journalled DEFINE_KEY controls and SESSION rows,
never ahead of them; deleted and rebuilt when it is damaged or ahead of the journal. Public keys only, no secrets.
While its file cannot be written it falls behind: memory has everything, the next write or start catches up.
"""

import contextlib
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from exchange.codes import CommandKind
from exchange.errors import Trouble, UserError
from exchange.gateway.auth import SCOPES, check_public_key, decode_bytes
from exchange.gateway.translate import session_terms
from exchange.seams import Disk
from exchange.wire.messages import CancelTerms

KEY_ID_BYTES = 24  # it travels in the client order id of a SESSION row
KEY_ID = re.compile(rf"[A-Za-z0-9_.:-]{{1,{KEY_ID_BYTES}}}")  # what a logon can name
OFF = CancelTerms(mode="off")

_TABLES = """
CREATE TABLE IF NOT EXISTS applied (one INTEGER PRIMARY KEY CHECK (one = 1), history TEXT, sequence INTEGER);
CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, payload BLOB);
CREATE TABLE IF NOT EXISTS sessions (
    number INTEGER PRIMARY KEY, key TEXT, mode TEXT, orders TEXT, active_on TEXT, grace_ms INTEGER, time_ns INTEGER
);
"""

_PUT_KEY = "INSERT OR REPLACE INTO keys VALUES (?, ?)"
_DROP_SESSION = "DELETE FROM sessions WHERE number = ?"
_PUT_SESSION = "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)"


class KeyDefinition(msgspec.Struct, forbid_unknown_fields=True):
    """Payload of a DEFINE_KEY control. `made_by`: of an operator's key, whose person alone has made it (SEC-061)."""

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
        """Whom it stands for: a key that one operator has made alone is no second person beside him (SEC-061)."""
        return self.made_by or self.key

    @property
    def may_cancel(self) -> bool:
        return not self.scopes.isdisjoint(("trade", "cancel"))

    @property
    def may_read(self) -> bool:
        return "read" in self.scopes


@dataclass(frozen=True)
class SessionRecord:
    """A session as the journal knows it: its key, and what happens when its connection ends."""

    number: int
    key: str
    terms: CancelTerms
    time_ns: int


def key_payload(definition: KeyDefinition) -> bytes:
    """DEFINE_KEY's payload of a checked definition. UserError names what is wrong."""
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
    """The key of a DEFINE_KEY. msgspec.MsgspecError or ValueError: it is none."""
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
    """Keys and sessions in memory, mirrored to SQLite with the sequence up to which they are true."""

    def __init__(self, path: str, disk: Disk, history: str, last_sequence: int, trouble: Trouble | None = None) -> None:
        """Open or make the store; one of another journal, ahead of this one, or damaged, starts anew. Where the file
        cannot be used at all there is none, and the journal is read."""
        self._path = path
        self._disk = disk
        self._trouble = trouble or Trouble()
        self._unwritten: dict[tuple[str, Any], tuple[Any, ...]] = {}  # rows by statement and primary key
        self._behind = False
        self.keys: dict[str, Key] = {}
        self.sessions: dict[int, SessionRecord] = {}
        try:
            self.applied = self._open(history, last_sequence)
        except (sqlite3.Error, OSError) as error:
            self._trouble.note(f"{path} cannot be used, keys and sessions are read from the journal: {error}")
            self._forget()
            self._database = sqlite3.connect(":memory:")
            self.applied = self._begin(history)

    def catch_up(self, records: Iterable[tuple[Any, bytes]]) -> None:
        """Apply (row, payload) pairs of the journal above `applied`: DEFINE_KEY, SESSION and DISCONNECT rows matter."""
        sequence = self.applied
        for row, payload in records:
            sequence = int(row["sequence"])
            if sequence <= self.applied:
                continue
            kind = row["kind"]
            if kind == CommandKind.DEFINE_KEY:
                self._define(payload)
            elif kind == CommandKind.SESSION:
                key, terms = session_terms(row)
                self._put(SessionRecord(int(row["session"]), key, terms, int(row["time_ns"])))
            elif kind == CommandKind.DISCONNECT:
                self._disarm(int(row["session"]))
        self._advance(max(sequence, self.applied))

    def define(self, sequence: int, payload: bytes) -> Key:
        """A DEFINE_KEY control is durable."""
        key = self._define(payload)
        self._advance(sequence)
        return key

    def put_session(self, sequence: int, record: SessionRecord) -> None:
        """A SESSION row is durable."""
        self._put(record)
        self._advance(sequence)

    def disarm(self, sequence: int, number: int) -> None:
        """The session's cancel on disconnect has run: nothing is left to do when the venue starts again."""
        self._disarm(number)
        self._advance(sequence)

    def forget(self, number: int) -> None:
        """A session may not be resumed any more. The file hears of it with the next thing that is durable."""
        self.sessions.pop(number, None)
        self._unwritten[_DROP_SESSION, number] = (number,)

    def close(self, sequence: int) -> None:
        """`sequence`: the last durable command; all it means is in the store, so the next start reads on from it."""
        self._advance(max(sequence, self.applied))
        with contextlib.suppress(sqlite3.Error):
            self._database.close()

    def _define(self, payload: bytes) -> Key:
        key = read_key(payload)
        self.keys[key.key] = key
        self._unwritten[_PUT_KEY, key.key] = (key.key, payload)
        return key

    def _put(self, record: SessionRecord) -> None:
        self.sessions[record.number] = record
        terms = record.terms
        self._unwritten[_PUT_SESSION, record.number] = (
            record.number, record.key, terms.mode, terms.orders, terms.on, terms.grace_ms, record.time_ns,
        )  # fmt: skip

    def _disarm(self, number: int) -> None:
        record = self.sessions.get(number)
        if record is not None:
            self._put(replace(record, terms=OFF))

    def _advance(self, sequence: int) -> None:
        """Write what is new. A file that is locked or a disk that is full is tried again next time."""
        self.applied = sequence
        try:
            for (statement, _), values in self._unwritten.items():
                self._database.execute(statement, values)
            self._database.execute("UPDATE applied SET sequence = ?", (sequence,))
            self._database.commit()
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._database.rollback()
            if not self._behind:
                self._trouble.note(f"{self._path} is not written for now, the journal has what it lacks: {error}")
            self._behind = True
        else:
            self._unwritten.clear()
            self._behind = False

    def _open(self, history: str, last_sequence: int) -> int:
        """The file's own `applied`, its rows loaded; 0 if it starts anew."""
        self._database = self._connect()
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = OFF")
            sound = self._database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            self._database.executescript(_TABLES)
            found = self._database.execute("SELECT history, sequence FROM applied").fetchone()
            if not sound or (found is not None and (found[0] != history or found[1] > last_sequence)):
                raise sqlite3.DatabaseError("the store is not of this journal")
            self._load()
        except (sqlite3.DatabaseError, msgspec.MsgspecError, ValueError) as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY:
                raise
            self._start_anew()
            found = None
        return int(found[1]) if found else self._begin(history)

    def _begin(self, history: str) -> int:
        self._database.executescript(_TABLES)
        self._database.execute("INSERT OR REPLACE INTO applied VALUES (1, ?, 0)", (history,))
        self._database.commit()
        return 0

    def _load(self) -> None:
        for (payload,) in self._database.execute("SELECT payload FROM keys"):
            key = read_key(payload)
            self.keys[key.key] = key
        for number, key_id, mode, orders, on, grace_ms, time_ns in self._database.execute("SELECT * FROM sessions"):
            terms = CancelTerms(mode=mode, orders=orders, on=on, grace_ms=grace_ms)
            self.sessions[number] = SessionRecord(number, key_id, terms, time_ns)

    def _connect(self) -> sqlite3.Connection:
        """Derived: it may lose its end in a power loss, the journal has it. Whoever holds a lock is not waited for."""
        database = sqlite3.connect(self._path, timeout=0)
        self._disk.set_mode(self._path, 0o600)
        return database

    def _forget(self) -> None:
        self.keys.clear()
        self.sessions.clear()

    def _start_anew(self) -> None:
        """Forget everything; the journal is read again from its beginning."""
        self._forget()
        self._database.close()
        for suffix in ("", "-wal", "-shm"):
            if self._disk.exists(self._path + suffix):
                self._disk.unlink(self._path + suffix)
        self._database = self._connect()
        self._database.execute("PRAGMA synchronous = OFF")
