"""Replays the end of a journal, so that a derived store can be filled with what it lacks (DUR-154)."""

from collections.abc import Callable, Iterator

import numpy as np

from exchange.engine.state import STATE_VERSION
from exchange.journal.errors import reading
from exchange.journal.frames import BadFrame, Frame
from exchange.journal.recovery import build_hash, snapshot_mark
from exchange.journal.replay import EngineLike, EventHash, Replayer
from exchange.journal.scan import Walk
from exchange.journal.segments import SegmentFile, open_segments
from exchange.journal.snapshot import SnapshotError, read_snapshot, snapshot_names
from exchange.seams import Disk

MakeEngine = Callable[[np.ndarray | None], EngineLike]


def replay_from(
    folder: str, disk: Disk, make_engine: MakeEngine, sequence: int
) -> Iterator[tuple[Frame, list[np.ndarray]]]:
    """Yield frames of records with their events, from the newest snapshot before a record on, else from genesis.

    make_engine   (STATE bytes of a snapshot or None) -> engine
    sequence      the record; frames before it may come first
    returns       (frame, list of EVENT arrays); the list is valid until the next frame
    raises        Refusal: the journal is damaged, or the replay differs from what was recorded
    """
    segments = open_segments(disk, f"{folder}/journal")
    try:
        walk, replayer, events = _start(folder, disk, segments, make_engine, sequence)
        for frame in walk.frames():
            events.clear()
            replayer.apply(frame)
            if frame.records:
                yield frame, events
    finally:
        for segment in segments:
            segment.close()


def _start(
    folder: str, disk: Disk, segments: list[SegmentFile], make_engine: MakeEngine, sequence: int
) -> tuple[Walk, Replayer, list[np.ndarray]]:
    events: list[np.ndarray] = []
    for name in snapshot_names(disk, f"{folder}/snap"):
        try:
            with reading(path := f"{folder}/snap/{name}"):
                header, body = read_snapshot(disk, path)
            if header.seq >= sequence or (header.build_hash, header.format) != (build_hash(), STATE_VERSION):
                continue
            mark, of_events = snapshot_mark(segments, header)
        except (SnapshotError, BadFrame, ValueError):
            continue
        walk = Walk(segments, None, mark.segment, mark.offset + mark.length, mark.due)
        return walk, Replayer(make_engine(body), EventHash(of_events, header.seq), events.append, True), events
    return Walk(segments, None), Replayer(make_engine(None), EventHash(), events.append), events
