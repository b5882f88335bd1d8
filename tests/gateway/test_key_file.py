"""The key store's file as it is read: with its log, of one journal only, and as a claim about that journal."""

from pathlib import Path

import pytest

from exchange.gateway.key_file import KeyFileError, key_claim, proof, proof_key, read_key_file, row_digest, sum_of
from exchange.gateway.keys import KeyStore, SessionRecord
from exchange.journal.errors import JournalFailed
from exchange.seams import RealDisk
from exchange.wire.messages import CancelTerms

FRAME = bytes([7]) * 32


def store_at(path: Path) -> KeyStore:
    """A store with one session, complete up to sequence 9."""
    store = KeyStore(str(path), RealDisk(), "h_1", 0, None, lambda: (9, FRAME))
    store.put_session(9, SessionRecord(3, "k_a", CancelTerms(mode="account"), 77))
    return store


@pytest.mark.rule("DUR-150")
def test_rows_in_the_write_ahead_log_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite3"
    store = store_at(path)
    assert path.with_name(path.name + "-wal").stat().st_size > 0, "nothing has been copied from the log yet"
    open_file = read_key_file(RealDisk(), str(path), "h_1")
    store.close(9)
    assert read_key_file(RealDisk(), str(path), "h_1") == open_file
    assert (open_file.sequence, open_file.frame, [row[0] for row in open_file.sessions]) == (9, FRAME, [3])


@pytest.mark.rule("DUR-150", "DUR-152")
@pytest.mark.parametrize("size", [0, 50, 4_096])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "keys.sqlite3"
    store_at(path).close(9)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(KeyFileError):
        read_key_file(RealDisk(), str(path), "h_1")
    assert key_claim(RealDisk(), str(path), "h_1") is None


@pytest.mark.rule("DUR-150", "DUR-152")
def test_a_sound_file_claims_its_sequence_and_frame_for_its_own_journal_only(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite3"
    store_at(path).close(9)
    claim = key_claim(RealDisk(), str(path), "h_1")
    assert claim is not None and tuple(claim) == (str(path), 9, FRAME)
    assert key_claim(RealDisk(), str(path), "") == claim, "any journal"
    assert key_claim(RealDisk(), str(path), "h_2") is None
    assert key_claim(RealDisk(), str(tmp_path / "missing"), "h_1") is None


@pytest.mark.rule("DUR-150")
def test_a_folder_in_place_of_the_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "keys.sqlite3").mkdir()
    with pytest.raises(JournalFailed):
        key_claim(RealDisk(), str(tmp_path / "keys.sqlite3"), "h_1")


@pytest.mark.rule("DUR-150")
def test_the_proof_covers_journal_sequence_frame_and_rows() -> None:
    key, row = proof_key("h_1"), ("k_a", b"payload")
    assert sum_of(key, [row], [], []) == row_digest(key, "keys", row) != sum_of(key, [], [row], [])
    assert sum_of(key, [], [], [row]) == row_digest(key, "moves", row)
    one = proof(key, 9, FRAME, sum_of(key, [row], [], []))
    others = [
        proof(proof_key("h_2"), 9, FRAME, sum_of(key, [row], [], [])),
        proof(key, 8, FRAME, sum_of(key, [row], [], [])),
        proof(key, 9, bytes(32), sum_of(key, [row], [], [])),
        proof(key, 9, FRAME, sum_of(key, [("k_a", b"Payload")], [], [])),
    ]
    assert one not in others and len(set(others)) == 4
