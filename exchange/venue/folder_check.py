"""Checks a whole data folder, offline and read only: the journal and the stores derived from it (DUR-120).

Damage of a derived store is a note, because the next start makes the store again. A store that is ahead of the
journal, or valid but different from it, is refused.
"""

from collections.abc import Iterator

import numpy as np

from exchange.codes import CommandKind
from exchange.engine.event_rows import split_rests
from exchange.gateway.firms.firm_moves import FirmMove, move_of
from exchange.gateway.key_file import KeyFile, KeyFileError, read_key_file
from exchange.gateway.keys import OFF, STORED_KINDS, read_key
from exchange.gateway.translate import session_terms
from exchange.journal.claims import Claim
from exchange.journal.errors import EXIT_MISMATCH, Refusal, reading
from exchange.journal.frames import Frame, FrameKind
from exchange.journal.segments import history_name
from exchange.journal.verify import MakeEngine, VerifyReport, verify
from exchange.records import EVENT
from exchange.seams import Disk, NotAFile
from exchange.venue.derived_stores import EVENTS, KEY_FILE
from exchange.venue.event_blocks import Block, read_or_explain
from exchange.venue.event_files import SUFFIX, Summary, event_names, find_gap, summarize
from exchange.venue.event_history import kept_bounds
from exchange.wire.messages import CancelTerms

NEVER = 2**63 - 1
READS = 3  # attempts to read a store that a running venue may be writing
AGAIN = "the next start rebuilds it from the journal"


def verify_folder(
    folder: str, deep: bool = False, make_engine: MakeEngine | None = None, disk: Disk | None = None
) -> VerifyReport:
    """As `verify`, and check the derived stores too: their hashes and their claims about the journal.

    deep   replay the journal, and compare the content of the stores with the result
    """
    return verify(folder, deep, make_engine, disk, FolderStores)


class FolderStores:
    """The key store and the events of a folder (a `verify.Stores`). They are read before the journal."""

    def __init__(self, disk: Disk, folder: str, journal_id: bytes) -> None:
        self._disk, self._folder = disk, f"{folder}/{EVENTS}"
        self._journal_id = journal_id
        self._key_path = f"{folder}/{KEY_FILE}"
        self.notes: list[str] = []
        self.lines: list[str] = []
        self.claims: list[Claim] = []
        self._lacks = 0  # first command that should be in the key store but is missing; 0: none
        self._keys = self._read_keys()
        self._files = self._read_events()
        self._key_check = _KeyCheck(self._key_path, self._keys) if self._keys is not None else None
        self._event_check = _EventCheck(self._blocks())

    def note_frame(self, frame: Frame) -> None:
        """Note whether a frame of records has something that the key store lacks."""
        if self._keys is None or self._lacks or frame.sequence + frame.records - 1 <= self._keys.sequence:
            return
        sequences = frame.rows["sequence"][np.isin(frame.rows["kind"], STORED_KINDS)]
        self._lacks = int(sequences[sequences > self._keys.sequence].min(initial=NEVER)) % NEVER

    def take(self, frame: Frame, events: list[np.ndarray]) -> None:
        """Compare a replayed frame of records and its events with the stores."""
        if self._key_check is not None:
            self._key_check.take(frame)
        self._event_check.take(frame.sequence + frame.records - 1, events)

    def finish(self, last_sequence: int, last_ns: int, deep: bool) -> None:
        """Write the notes and lines, when the whole journal was found valid.

        last_sequence, last_ns   the journal's last record and its time; 0: it is empty
        deep                     whether frames were replayed
        raises                   Refusal: the key store differs from the journal
        """
        if not last_sequence:
            return
        if self._keys is None and not self._disk.exists(self._key_path):
            self.notes.append(f"{self._key_path} is missing: {AGAIN}")
        if self._keys is not None and self._lacks:
            ends = f"it ends at command {self._keys.sequence}, it lacks command {self._lacks}"
            self.notes.append(f"{self._key_path}: {ends}: the next start catches up from the journal")
        gap, why = find_gap(self._files, *kept_bounds(last_ns))
        covered = max((file.end.first - 1 for file in self._files), default=0)
        if gap:
            self.notes.append(f"{self._folder}: events from command {gap} on are incomplete: {why}; {AGAIN}")
        elif covered < last_sequence:
            self.notes.append(f"{self._folder}: events end at command {covered}: {AGAIN}")
        if self._keys is not None:
            count = len(self._keys.keys), len(self._keys.sessions)
            self.lines.append(f"keys {count[0]}, sessions {count[1]}, up to sequence {self._keys.sequence}")
        rows = sum(file.rows for file in self._files)
        self.lines.append(f"events kept {rows}, up to sequence {covered}")
        if deep and self._key_check is not None:
            self._key_check.finish()

    def _read_keys(self) -> KeyFile | None:
        path, history = self._key_path, history_name(self._journal_id) if self._journal_id else ""
        if not self._disk.exists(path):
            return None
        for attempt in range(READS):
            try:
                found = read_key_file(self._disk, path, history)
                self.claims.append(Claim(path, found.sequence, found.frame))
                return found
            except KeyFileError as error:
                if attempt == READS - 1:
                    self.notes.append(f"{path}: {error}: {AGAIN}")
            except NotAFile as error:
                with reading(str(error.filename)):
                    raise
            except OSError as error:
                self.notes.append(f"{path}: it cannot be read: {error.strerror or error}: {AGAIN}")
                break
        return None

    def _read_events(self) -> list[Summary]:
        files: list[Summary] = []
        if not self._disk.exists(self._folder):
            return files
        with reading(self._folder, "a folder"):
            names = event_names(self._disk, self._folder)
        for name in names:
            path = f"{self._folder}/{name}"
            if not name.endswith(SUFFIX):
                self.notes.append(f"{path} is of another version: {AGAIN}")
                continue
            file = read_or_explain(self._disk, path, self._journal_id)
            files.append(summarize(name, file))
            if file.blocks:
                self.claims.append(Claim(path, file.blocks[-1].last, file.blocks[-1].frame))
        return files

    def _blocks(self) -> Iterator[tuple[str, Block]]:
        for file in self._files:
            path = f"{self._folder}/{file.name}"
            # A running venue may have deleted the file since.
            blocks = read_or_explain(self._disk, path, self._journal_id).blocks if self._disk.exists(path) else []
            for block in blocks:
                yield path, block


class _EventCheck:
    """Compares blocks of stored events with replayed events."""

    def __init__(self, blocks: Iterator[tuple[str, Block]]) -> None:
        self._blocks = blocks
        self._next: tuple[str, Block] | None = None
        self._begun = False
        self._rows: list[np.ndarray] = []

    def take(self, last: int, events: list[np.ndarray]) -> None:
        """Take the next replayed events, of commands up to `last`. Refusal: a block differs."""
        if not self._begun:
            self._begun, self._next = True, next(self._blocks, None)
        if self._next is None or last < self._next[1].first:
            return
        self._rows += [rows for rows in events if len(rows)]
        while self._next is not None and self._next[1].last <= last:
            self._compare(*self._next)
            self._next = next(self._blocks, None)
        if self._next is None or last < self._next[1].first:
            self._rows.clear()

    def _compare(self, path: str, block: Block) -> None:
        rows = np.concatenate(self._rows) if self._rows else np.zeros(0, EVENT)
        low, high = np.searchsorted(rows["sequence"], (block.first, block.last + 1))
        self._rows = [rows[high:]]
        if split_rests(rows[low:high]).tobytes() != split_rests(block.rows).tobytes():
            reason = f"{path} offset {block.offset}: events of commands {block.first} to {block.last}"
            raise Refusal(f"{reason} differ from the journal", code=EXIT_MISMATCH)


class _KeyCheck:
    """Compares the rows of the key store with the journal."""

    def __init__(self, path: str, found: KeyFile) -> None:
        self._path, self._found = path, found
        self._keys: dict[str, bytes] = {}
        self._sessions: dict[int, tuple[str, CancelTerms]] = {}
        self._moves: list[FirmMove] = []

    def take(self, frame: Frame) -> None:
        if frame.sequence > self._found.sequence:
            return
        if frame.kind == FrameKind.CONTROL:
            if frame.rows[0]["kind"] == CommandKind.DEFINE_KEY:
                self._keys[read_key(frame.payload).key] = frame.payload
            move = move_of(frame.rows[0], frame.payload)
            self._moves += [move] if move is not None else []
            return
        rows = frame.rows
        for row in rows[np.isin(rows["kind"], (CommandKind.SESSION, CommandKind.DISCONNECT))]:
            number = int(row["session"])
            if row["sequence"] > self._found.sequence:
                break
            if row["kind"] == CommandKind.SESSION:
                self._sessions[number] = session_terms(row)
            elif number in self._sessions:
                self._sessions[number] = self._sessions[number][0], OFF

    def finish(self) -> None:
        """Raise Refusal if a row differs from the journal. Sessions missing from the store are no fault."""
        if dict(self._found.keys) != self._keys:
            self._refuse("keys differ")
        if self._found.moves != self._moves:
            self._refuse("accounts that changed their firm differ")
        for number, key, mode, orders, on, grace_ms, _ in self._found.sessions:
            if self._sessions.get(number) != (key, CancelTerms(mode=mode, orders=orders, on=on, grace_ms=grace_ms)):
                self._refuse(f"session {number} differs")

    def _refuse(self, problem: str) -> None:
        raise Refusal(f"{self._path}: {problem} from the journal", code=EXIT_MISMATCH)
