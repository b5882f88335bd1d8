"""The stores that are derived from a journal: what they claim about it, and how lost events are restored.

A store is written only after the commands that it reflects are durable (DUR-152), and it names the last of them. If
the journal ends before that command, the journal has lost something.
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
_SLACK_HOURS = 1  # restored beyond the kept hours, so that nothing is missing at the next start
_HOUR_NS = 3_600 * 10**9


def store_claims(disk: Disk, folder: str, journal_id: bytes) -> list[Claim]:
    """What the undamaged stores of a folder claim about its journal.

    journal_id   empty if there is no journal yet
    raises       JournalFailed: something that is not a file has the name of a store
    """
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
    """Fill the gap in the history by a replay of the journal from the last snapshot before it (DUR-154).

    Events that are too old to be kept are left out. If the replay fails, the gap stays and a warning is noted.

    history         changed in place
    newest_ns       time of the journal's end
    replayed_from   the first command whose events the caller already has and will append
    """
    first, oldest_ns = history.missing_from, newest_ns - (KEPT_HOURS + _SLACK_HOURS) * _HOUR_NS

    def make_engine(body: np.ndarray | None) -> Engine:
        return Engine(limits, body.view(state_dtype(limits)) if body is not None else None)

    history.drop_from(first)
    try:
        for frame, events in replay_from(folder, disk, make_engine, first):
            last = frame.sequence + frame.records - 1
            if first == 1 and frame.time_ns < oldest_ns:
                history.begin_after(last, frame.time_ns)
            elif last >= first:
                for rows in filter(len, events):
                    history.append(rows)
                history.flush_full(last, frame.hash)
    except Refusal as refusal:
        warnings.note(f"{folder}/{EVENTS} could not be restored: {refusal}")
        history.leave_gap(first, replayed_from)
