"""Runs a journal through an engine and compares the results, for recovery, `gpux replay`, `verify --deep` (DUR-106).

Records are applied frame by frame as they were written. At each SNAPMARK the running hash of all events must equal the
recorded one. If the mark has a state hash, and the state had the layout of this release, the state hash must be equal
too: a RULES frame names the STATE_VERSION, and is written whenever that changes.
"""

import json
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from blake3 import blake3

from exchange.engine.event_rows import count_events, split_rests
from exchange.engine.state import STATE_VERSION
from exchange.engine.trade_rows import count_trades
from exchange.errors import UserError
from exchange.journal.errors import EXIT_MISMATCH, Refusal
from exchange.journal.frames import MARK_BODY, NO_HASH, Frame, FrameKind
from exchange.journal.head import read_head
from exchange.journal.rules import RULES, rules_number, rules_text
from exchange.journal.scan import Walk, check_end
from exchange.journal.segments import open_segments, require_folder
from exchange.limits import Limits, limits_named
from exchange.records import EVENT
from exchange.seams import Disk, RealDisk

MARK_RECORDS = 4_096
HASHED_AT_ONCE = 1_024  # EVENT rows


class EngineLike(Protocol):
    """The engine as the journal uses it."""

    states: np.ndarray

    @property
    def sequence(self) -> int: ...
    @property
    def time_ns(self) -> int: ...
    def apply(self, commands: np.ndarray) -> np.ndarray: ...
    def control(self, row: np.ndarray, payload: bytes) -> np.ndarray: ...
    def state_hash(self) -> bytes: ...


class EventHash:
    """Running hash of all events: mark k = BLAKE3(mark k-1, bytes of all rows since); mark 0 is zeros (DUR-063).

    Rows go through `split_rests` first, so the hash does not depend on how an engine combines rows. It is a chain of
    marks, so that a replay from a snapshot can continue it from the hash in the snapshot's SNAPMARK.

    last       the mark to continue
    sequence   the last command before it
    """

    def __init__(self, last: bytes = NO_HASH, sequence: int = 0) -> None:
        self.last, self.sequence = last, sequence
        self._rows = blake3(last)
        self._waiting: list[memoryview] = []
        self._count = 0

    def add(self, events: np.ndarray) -> None:
        """Add EVENT rows, shape (n,). They must not change afterwards: rows are hashed later, many at once."""
        self._waiting.append(events.view(np.uint8).data)
        self._count += len(events)
        if self._count >= HASHED_AT_ONCE:
            self._hash()

    def _hash(self) -> None:
        if self._waiting:
            events = np.frombuffer(b"".join(self._waiting), EVENT)
            self._rows.update(split_rests(events).view(np.uint8).data)
            self._waiting, self._count = [], 0

    def mark(self, sequence: int) -> bytes:
        """The mark after command `sequence`, over all rows added so far; the next run starts from it."""
        self._hash()
        self.last, self.sequence = self._rows.digest(), sequence
        self._rows = blake3(self.last)
        return self.last


class Replayer:
    """Applies frames to an engine and compares the marks."""

    def __init__(
        self,
        engine: EngineLike,
        event_hash: EventHash,
        on_events: Callable[[np.ndarray], None] | None = None,
        same_layout: bool = False,
        rules: bytes = b"",
        own_rules: int | None = None,
    ) -> None:
        """on_events    called with the EVENT rows of each frame

        same_layout  the journal had this release's STATE_VERSION at the start; RULES frames change it later
        rules        body of the RULES frame in force at the start
        own_rules    number of the rules that the engine follows; None: rules are not compared
        """
        self.engine, self.event_hash = engine, event_hash
        self._same_layout = same_layout
        self.records = self.events = self.fills = self.marks = self.frames = 0
        self.rules, self._own_rules = rules, own_rules
        self._same_rules = own_rules in (None, rules_number(rules))
        self._unproven: Refusal | None = None
        self._on_events = on_events

    def apply(self, frame: Frame) -> None:
        self.frames += 1
        if frame.records and not self._same_rules and self._unproven is None:
            self._unproven = self._unproven_from(frame)
        if frame.kind == FrameKind.DATA:
            self._take(self._run(frame, lambda: self.engine.apply(frame.rows)), frame.records)
        elif frame.kind == FrameKind.CONTROL:
            self._take(self._run(frame, lambda: self.engine.control(frame.rows, frame.payload)), 1)
        elif frame.kind == FrameKind.SNAPMARK:
            self._compare(frame)
        elif frame.kind == FrameKind.RULES:
            self.rules = frame.payload
            self._same_layout = json.loads(frame.payload).get("state_version") == STATE_VERSION
            self._same_rules = self._own_rules in (None, rules_number(frame.payload))
        elif frame.kind == FrameKind.VOID:
            raise _at(frame, "VOID frames are not known to this build")

    def _run(self, frame: Frame, step: Callable[[], np.ndarray]) -> np.ndarray:
        try:
            return step()
        except Exception as error:
            reason = f"the engine fails on replay{self._under_rules()}: {type(error).__name__}: {error}"
            raise _at(frame, reason, EXIT_MISMATCH) from error

    def _take(self, events: np.ndarray, count: int) -> None:
        self.event_hash.add(events)
        self.records += count
        self.events += count_events(events)
        self.fills += count_trades(events)
        if self._on_events is not None:
            self._on_events(events)

    def _compare(self, frame: Frame) -> None:
        sequence, of_events, of_state = MARK_BODY.unpack(frame.body)
        self.marks += 1
        if sequence != self.engine.sequence:
            raise _at(frame, f"the mark is of {sequence}, the engine is at {self.engine.sequence}", EXIT_MISMATCH)
        if self.event_hash.mark(sequence) != of_events:
            reason = f"replay gives other events than were recorded{self._under_rules()}"
            raise _at(frame, reason, EXIT_MISMATCH)
        if self._same_layout and of_state != NO_HASH and self.engine.state_hash() != of_state:
            raise _at(frame, "replay gives another state than was recorded", EXIT_MISMATCH)
        self._unproven = None

    @property
    def unproven(self) -> Refusal | None:
        """The refusal for commands of unknown outcome; None: there are none.

        They were decided under other rules than the engine's, and no mark after them shows that the replay is right.
        """
        return self._unproven

    def _unproven_from(self, frame: Frame) -> Refusal:
        theirs, ours = rules_text(rules_number(self.rules)), rules_text(self._own_rules)
        reason = (
            f"commands from {frame.sequence} on were decided under {theirs}, this release has {ours}, and no mark after"
            " them proves the replay: serve the folder with the release that wrote it"
        )
        return _at(frame, reason, EXIT_MISMATCH)

    def _under_rules(self) -> str:
        """Text for an error: the rules that the commands were decided under, if they are not this release's."""
        number, own = rules_number(self.rules), RULES if self._own_rules is None else self._own_rules
        if number == own or (number is None and self._own_rules is None):
            return ""
        return f" under {rules_text(number)}, this release has {rules_text(own)}: one with those rules replays them"


def _at(frame: Frame, reason: str, code: int = 65) -> Refusal:
    return Refusal(reason, frame.segment, frame.offset, frame.sequence, code)


def read_frames(folder: str, disk: Disk | None = None) -> Generator[Frame, None, None]:
    """Yield every frame of a data folder from genesis, checked; read only.

    A torn tail ends the frames.

    raises   Refusal: the journal is damaged
             JournalFailed: it cannot be read
    """
    disk = disk or RealDisk()
    require_folder(disk, folder)
    head, _ = read_head(disk, folder)
    segments = open_segments(disk, f"{folder}/journal")
    try:
        walk = Walk(segments, head)
        yield from walk.frames()
        check_end(walk, head.durable_sequence if head is not None else 0)
    finally:
        for segment in segments:
            segment.close()


@dataclass(frozen=True)
class ReplayReport:
    """Counts and results of a replay; all `marks` were equal."""

    records: int
    frames: int
    events: int
    fills: int
    marks: int
    last_sequence: int
    last_hash: bytes
    state_hash: bytes
    rules: bytes


def recorded_limits(folder: str, disk: Disk | None = None) -> Limits:
    """The limits that a journal was written with: others give the same events but another state hash."""
    with closing(read_frames(folder, disk)) as frames:
        rules = next(frames, None)
    if rules is None or rules.kind != FrameKind.RULES:
        raise UserError(f"{folder}: the journal is empty")
    return limits_named(json.loads(rules.payload)["limits"])


def replay_folder(
    folder: str,
    engine: EngineLike,
    on_events: Callable[[np.ndarray], None] | None = None,
    progress: Callable[[int], None] | None = None,
    disk: Disk | None = None,
) -> ReplayReport:
    """Replay a data folder from genesis through a fresh engine, read only.

    on_events   called with the EVENT rows of each frame
    progress    called with the last sequence after each frame of records
    raises      Refusal: the journal is damaged (65), or events or state differ from those recorded (70)
    """
    replayer = Replayer(engine, EventHash(), on_events)
    last_hash = NO_HASH
    for frame in read_frames(folder, disk):
        replayer.apply(frame)
        last_hash = frame.hash
        if progress is not None and frame.records:
            progress(frame.due.sequence - 1)
    return ReplayReport(
        replayer.records, replayer.frames, replayer.events, replayer.fills, replayer.marks, engine.sequence, last_hash,
        engine.state_hash(), replayer.rules,
    )  # fmt: skip
