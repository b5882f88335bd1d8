"""The stores of a data folder that are derived from its journal: what they claim of it, how events are restored.

Each is written only after the commands that it reflects are durable (DUR-152), and says up to which: a journal that is
behind one of them has lost something.
"""

import numpy as np

from exchange.engine.engine import Engine
from exchange.engine.state import state_dtype
from exchange.errors import Warnings
from exchange.gateway.key_file import key_claim
from exchange.journal.claims import Claim
from exchange.journal.errors import Refusal
from exchange.journal.replay_from import replay_from
from exchange.journal.segments import history_name
from exchange.limits import KEPT_HOURS, Limits
from exchange.seams import Disk
from exchange.venue.event_files import event_claim
from exchange.venue.event_history import EventHistory

KEY_FILE = "keys.sqlite3"
EVENTS = "events"
_SLACK_HOURS = 1  # so that what is made again is still whole at the next start
_HOUR_NS = 3_600 * 10**9


def store_claims(disk: Disk, folder: str, journal_id: bytes) -> list[Claim]:
    """What the sound ones say of the journal; `journal_id` is empty where there is none. JournalFailed: what stands in
    a store's place is no file."""
    history = history_name(journal_id) if journal_id else ""
    claims = key_claim(disk, f"{folder}/{KEY_FILE}", history), event_claim(disk, f"{folder}/{EVENTS}", journal_id)
    return [claim for claim in claims if claim is not None]


def restore_events(
    history: EventHistory,
    folder: str,
    disk: Disk,
    limits: Limits,
    newest_ns: int,
    replayed_from: int,
    warnings: Warnings,
) -> None:
    """Replay the journal for the events that history misses (DUR-154), from the snapshot in front of them; a frame at
    a time, and no older than are kept. Where that fails they stay missing.

    newest_ns       time of the journal's end
    replayed_from   the first command whose events the caller has
    """
    first, oldest_ns = history.missing_from, newest_ns - (KEPT_HOURS + _SLACK_HOURS) * _HOUR_NS

    def make_engine(body: np.ndarray | None) -> Engine:
        return Engine(limits, body.view(state_dtype(limits)) if body is not None else None)

    history.cut(first)
    try:
        for frame, events in replay_from(folder, disk, make_engine, first):
            last = frame.sequence + frame.records - 1
            if first == 1 and frame.time_ns < oldest_ns:
                history.begin_behind(last, frame.time_ns)
            elif last >= first:
                for rows in filter(len, events):
                    history.append(rows)
                history.flush_full(last, frame.hash)
    except Refusal as refusal:
        warnings.note(f"{folder}/{EVENTS} is not made whole again: {refusal}")
        history.leave_gap(first, replayed_from)
