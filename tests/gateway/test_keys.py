"""The key store: derived from the journal, checked, rebuilt when in doubt."""

import random
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from exchange.codes import CommandKind
from exchange.errors import UserError, Warnings
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.gateway.command_batch import CommandBatch
from exchange.gateway.key_file import KeyFileError, read_key_file
from exchange.gateway.keys import KeyDefinition, KeyStore, SessionRecord, key_payload, read_key
from exchange.gateway.translate import pack_session, session_terms
from exchange.records import COMMAND
from exchange.seams import RealDisk
from exchange.wire.messages import CancelTerms
from tests.journal.fault_disk import FaultDisk, File

PAIR = KeyPair("k_a", 7, bytes(range(32)))


def definition(**changes: object) -> KeyDefinition:
    fields = {"key": "k_a", "public": encode_bytes(PAIR.public()), "accounts": [7], "scopes": ["read"]} | changes
    return KeyDefinition(**fields)


def control(sequence: int, payload: bytes) -> tuple[np.void, bytes]:
    rows = np.zeros(1, COMMAND)
    rows["sequence"], rows["kind"] = sequence, CommandKind.DEFINE_KEY
    return rows[0], payload


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"key": ""}, "1 to 24"),
        ({"key": "k" * 25}, "1 to 24"),
        ({"key": "kä"}, "1 to 24"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "everything"),
        ({"scopes": ["admin", "trade"]}, "never mixed"),
        ({"accounts": []}, "no account"),
        ({"public": "AAAA"}, "3 bytes"),
        ({"public": "?"}, "base64url"),
        ({"public": encode_bytes(bytes(32))}, "small order"),
    ],
)
@pytest.mark.rule("SEC-001", "SEC-024")
def test_definition_that_must_not_be_enrolled_is_refused(changes: dict, text: str) -> None:
    with pytest.raises(UserError, match=text):
        key_payload(definition(**changes))


@pytest.mark.rule("DUR-150", "DUR-151")
def test_store_keeps_keys_and_sessions_and_how_far_it_is(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.sqlite3")
    store = KeyStore(path, RealDisk(), "h_1", 0)
    store.define(5, key_payload(definition()))
    terms = CancelTerms(mode="account", on="both", grace_ms=50)
    store.put_session(9, SessionRecord(3, "k_a", terms, 77))
    store.close(12)
    again = KeyStore(path, RealDisk(), "h_1", 12)
    assert again.applied == 12 and again.keys["k_a"].public == PAIR.public() and again.keys["k_a"].accounts == (7,)
    assert again.sessions == {3: SessionRecord(3, "k_a", terms, 77)}
    again.close(12)


@pytest.mark.rule("DUR-150", "DUR-152")
@pytest.mark.parametrize("reason", ["another history", "ahead of the journal", "damaged"])
def test_store_in_doubt_starts_anew(tmp_path: Path, reason: str) -> None:
    path = tmp_path / "keys.sqlite3"
    store = KeyStore(str(path), RealDisk(), "h_1", 0)
    store.define(5, key_payload(definition()))
    store.close(12)
    if reason == "damaged":
        data = bytearray(path.read_bytes())
        data[4_096:] = bytes(len(data) - 4_096)
        path.write_bytes(data)
    again = KeyStore(
        str(path), RealDisk(), "h_2" if reason == "another history" else "h_1", 4 if reason.startswith("ahead") else 12
    )
    assert again.applied == 0 and again.keys == {}
    again.catch_up([control(5, key_payload(definition()))])
    assert set(again.keys) == {"k_a"} and again.applied == 5
    again.close(5)


@pytest.mark.rule("DUR-001", "DUR-150", "DUR-152")
def test_store_that_is_locked_keeps_what_it_could_not_write_and_waits_for_nobody(tmp_path: Path) -> None:
    path, warnings = str(tmp_path / "keys.sqlite3"), Warnings()
    store = KeyStore(path, RealDisk(), "h_1", 0, warnings)
    store.define(5, key_payload(definition()))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for number in range(3, 6):
        store.put_session(6 + number, SessionRecord(number, "k_a", CancelTerms(mode="account"), 77))
    store.disarm(12, 3)
    assert store._database.execute("PRAGMA busy_timeout").fetchone() == (0,)
    assert len(warnings.lines) == 1 and "locked" in warnings.lines[0]
    assert store.applied == 12 and store.sessions[3].terms.mode == "off"
    other.execute("ROLLBACK")
    other.close()
    store.put_session(13, SessionRecord(6, "k_a", CancelTerms(), 78))
    again = KeyStore(path, RealDisk(), "h_1", 13)
    assert (again.applied, again.sessions, again.keys) == (13, store.sessions, store.keys)
    store.close(13)
    again.close(13)


@pytest.mark.rule("DUR-150", "DUR-152")
def test_store_that_stays_locked_is_behind_at_the_next_start(tmp_path: Path) -> None:
    path, warnings = str(tmp_path / "keys.sqlite3"), Warnings()
    store = KeyStore(path, RealDisk(), "h_1", 0)
    store.put_session(5, SessionRecord(2, "k_a", CancelTerms(), 77))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store.define(6, key_payload(definition()))
    store.close(7)
    again = KeyStore(path, RealDisk(), "h_1", 7, warnings)
    assert again.applied == 5 and set(again.sessions) == {2}
    again.catch_up([control(6, key_payload(definition()))])
    assert set(again.keys) == {"k_a"} and again.applied == 6 and "locked" in warnings.lines[0]
    again.close(6)
    other.close()


@pytest.mark.rule("DUR-150", "DUR-152")
def test_file_that_cannot_be_a_store_is_noted_and_the_journal_is_read(tmp_path: Path) -> None:
    path, warnings = tmp_path / "keys.sqlite3", Warnings()
    path.mkdir()
    store = KeyStore(str(path), RealDisk(), "h_1", 9, warnings)
    assert store.applied == 0 and len(warnings.lines) == 1 and f"{path} cannot be used" in warnings.lines[0]
    store.catch_up([control(5, key_payload(definition()))])
    assert set(store.keys) == {"k_a"}
    store.close(9)
    assert path.is_dir()


@pytest.mark.rule("SESS-021", "DUR-042")
def test_session_row_carries_key_and_terms_through_the_journal(tmp_path: Path) -> None:
    batch = CommandBatch(4)
    terms = CancelTerms(mode="account", orders="day", on="logout", grace_ms=60_000)
    pack_session(batch, 7, 3, 0, "k_" + "x" * 22, terms)
    row = batch.rows[0]
    assert session_terms(row) == ("k_" + "x" * 22, terms)
    assert (row["kind"], row["account"], row["session"]) == (CommandKind.SESSION, 7, 3)
    rows = np.zeros(2, COMMAND)
    rows[0] = row
    rows["sequence"] = (4, 5)
    rows[1]["kind"], rows[1]["session"] = CommandKind.DISCONNECT, 3
    store = KeyStore(str(tmp_path / "keys.sqlite3"), RealDisk(), "h_1", 5)
    store.catch_up([(rows[0], b"")])
    assert store.sessions[3].terms == terms
    store.catch_up([(rows[0], b""), (rows[1], b"")])
    assert store.sessions[3].terms.mode == "off" and store.applied == 5
    store.close(5)


@pytest.mark.rule("DUR-004", "DUR-022", "DUR-150")
@pytest.mark.parametrize("killed", [False, True])
def test_no_flipped_bit_lets_a_key_be_another(tmp_path: Path, killed: bool) -> None:
    """In the file as a clean stop leaves it, and in the log beside it after a kill: another account, key or session is
    never accepted."""
    path = tmp_path / "keys.sqlite3"
    store = KeyStore(str(path), RealDisk(), "h_1", 0)
    store.define(5, key_payload(definition()))
    store.put_session(9, SessionRecord(3, "k_a", CancelTerms(mode="account"), 77))
    kept = tmp_path / "kept"
    if not killed:
        store.close(12)
    kept.mkdir()
    for file in tmp_path.glob("keys.sqlite3*"):
        shutil.copy(file, kept)
    truth = {"k_a": store.keys["k_a"]}, dict(store.sessions)
    rng, noticed = random.Random(3), 0
    for file in sorted(kept.glob("*-wal" if killed else "keys.sqlite3")):
        for _ in range(400):
            data = bytearray(file.read_bytes())
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            disk, warnings = FaultDisk(), Warnings()
            for other in kept.iterdir():
                disk.names[f"/{other.name}"] = File(bytearray(other.read_bytes()), bytearray(other.read_bytes()))
            disk.names[f"/{file.name}"].visible = data
            try:
                found = read_key_file(disk, "/keys.sqlite3", "h_1")
            except KeyFileError as error:
                noticed += 1
                warnings.note(str(error))
                continue
            keys = {row[0]: read_key(row[1]) for row in found.keys}
            assert keys in ({}, truth[0]) and {row[0] for row in found.sessions} in (set(), {3})
            assert found.sequence in ((0, 5, 9) if killed else (12,)), "the state of an earlier write, or the last"
    assert noticed or killed
    if killed:
        store.close(12)


@pytest.mark.rule("DUR-150")
def test_row_that_was_changed_from_outside_is_not_accepted(tmp_path: Path) -> None:
    path, warnings = tmp_path / "keys.sqlite3", Warnings()
    store = KeyStore(str(path), RealDisk(), "h_1", 0)
    store.define(5, key_payload(definition()))
    store.close(12)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE keys SET payload = ?", (key_payload(definition(accounts=[3])),))
    database.close()
    again = KeyStore(str(path), RealDisk(), "h_1", 12, warnings)
    assert again.applied == 0 and again.keys == {}
    (line,) = warnings.lines
    assert str(path) in line and "not those that were written" in line
    again.catch_up([control(5, key_payload(definition()))])
    again.close(12)
    assert KeyStore(str(path), RealDisk(), "h_1", 12).keys["k_a"].accounts == (7,)


@pytest.mark.rule("DUR-150", "DUR-152")
def test_store_is_written_only_up_to_what_is_durable_and_says_which_frame_that_is(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.sqlite3")
    positions: list[tuple[int, bytes | None]] = [(4, None)]
    store = KeyStore(path, RealDisk(), "h_1", 0, None, lambda: positions[-1])
    store.define(5, key_payload(definition()))
    assert read_key_file(RealDisk(), path, "h_1").keys == [], "its frame is not on disk yet"
    for early in ((4, bytes([1]) * 32), (6, None)):
        positions.append(early)
        store.flush()
        assert read_key_file(RealDisk(), path, "h_1").keys == []
    positions.append((6, bytes([2]) * 32))
    store.flush()
    found = read_key_file(RealDisk(), path, "h_1")
    assert (found.sequence, found.frame, len(found.keys)) == (6, bytes([2]) * 32, 1)
    store.close(6)
