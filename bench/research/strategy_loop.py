"""The compiled loop of a kernel strategy: applies commands of the source, calls the strategy, sends what it asks for.

`make_loop` compiles it with one strategy, which takes seconds the first time; after that it comes from the cache of
kernels as long as the strategy and what it calls stay the same (`strategy_name`). The plain compiler keeps the strategy
itself as long as its own file stays the same. The engine's code is called by its address.
"""

from types import FunctionType
from typing import Any

import numpy as np

from bench.research.timeline import NEVER
from exchange.compiler import call_code
from exchange.kernel import RESEARCH, cache_folder, kernel
from exchange.kernel_codes import FLAG_MORE, KIND_NEW, KIND_QUOTE
from exchange.limits import QUOTE_ENTRIES_MAX
from exchange.machine import copy_bytes, row_at
from exchange.records import ROW_BYTES, record_type

ASKED_ROWS = 64  # most commands that one call of a strategy may ask for
WAITING_ROWS = 1_024  # most own commands on their way
# Why the loop returns: no row is left; the caller empties the log; an error; the caller draws more delays.
DONE, EMPTY_LOG, TOO_MANY, FEW_DELAYS = 0, 1, 2, 3

PLAY = record_type(
    [
        ("next_row", "<i8"),  # of the source
        ("stop_row", "<i8"),  # run no row from here on
        ("ends", "<i8"),  # 1: the run ends at `stop_row`, with a call for the rows since the last one
        ("stop_ns", "<i8"),  # time of the control there; NEVER: the source ends there, all own commands arrive; 0: none
        ("shift", "<i8"),  # number of own commands so far
        ("every", "<i8"),  # rows between two calls of the strategy
        ("until_call", "<i8"),  # rows before the next call
        ("account", "<i8"),
        ("requests", "<i8"),  # number of the last own request
        ("calls", "<i8"),
        ("delayed", "<i8"),  # 1: own commands arrive by time; 0: at once
        ("feed_ns", "<i8"),  # the own clock against that of the state
        ("sends", "<i8"),  # number of the last own command that was sent with a delay
        ("last_arrival", "<i8"),
        ("waiting_first", "<i8"),  # numbers of own commands on their way, modulo WAITING_ROWS
        ("waiting_end", "<i8"),
        ("batch_at", "<i8"),  # next row of the batch that is being applied
        ("batch_stop", "<i8"),
        ("log_count", "<i8"),
        ("sent_count", "<i8"),
    ]
)
strategy: Any = None  # `make_loop` gives each loop its own


def play(
    code, states, outs, rows, batch, asked, waiting, log, sent, place_times, place_delays, change_times, change_delays,
    plays, memory,
):  # fmt: skip
    """Apply rows of the source and own commands until no row is left or the log is full.

    code           of `apply_commands` (`kernel.code_of`)
    states, outs   of the engine, shape (1,)
    rows           COMMAND rows of the source
    batch          COMMAND rows, room for those that are applied together; more than a mass quote has
    asked          COMMAND rows that the strategy fills
    waiting        COMMAND rows, ring of own commands on their way; their time is that of arrival
    log            EVENT rows, all events
    sent           COMMAND rows, own commands as they were applied
    place_times, place_delays    delays of new orders (`Delay.table`)
    change_times, change_delays  of cancels and replaces
    plays          PLAY, shape (1,)
    memory         the strategy's
    returns        DONE, EMPTY_LOG, TOO_MANY or FEW_DELAYS
    """
    state, play = states[0], plays[0]
    while True:
        if play.log_count + outs[0].rows.shape[0] > log.shape[0] or play.sent_count == sent.shape[0]:
            return EMPTY_LOG
        if play.batch_at < play.batch_stop or state.cursor.step != 0:
            play.batch_at = call_code(code, states, batch, play.batch_at, play.batch_stop, outs)
            _keep(outs[0], log, play)
        elif play.waiting_first < play.waiting_end and _arrives(rows, waiting, play):
            _take_own(state, batch, waiting, sent, play)
        elif play.until_call == 0 or (
            play.ends != 0 and play.next_row == play.stop_row and play.until_call < play.every
        ):
            sends_max = play.sends + asked.shape[0]
            if not (
                _has_delay(place_times, place_delays, sends_max) and _has_delay(change_times, change_delays, sends_max)
            ):
                return FEW_DELAYS
            play.until_call = play.every
            play.calls += 1
            count = strategy(state, play.account, memory, asked)
            now_ns = state.time_ns + play.feed_ns
            if not _send(asked, count, now_ns, waiting, place_times, place_delays, change_times, change_delays, play):
                return TOO_MANY
        elif play.next_row == play.stop_row:
            return DONE
        else:
            _take_rows(rows, batch, waiting, play)


@kernel
def _keep(out, log, play):
    """Copy the events of the buffer to the log."""
    for index in range(out.count):
        copy_bytes(row_at(log, play.log_count + index), row_at(out.rows, index), 0, ROW_BYTES)
    play.log_count += out.count


@kernel
def _arrives(rows, waiting, play):
    """Whether the next own command comes before the next row of the source, and before a call that is due."""
    if play.delayed == 0 or (play.stop_ns == NEVER and play.next_row == play.stop_row):
        return True
    next_ns = play.stop_ns if play.next_row == play.stop_row else row_at(rows, play.next_row).time_ns
    return play.until_call > 0 and next_ns > row_at(waiting, play.waiting_first % waiting.shape[0]).time_ns


@kernel
def _take_own(state, batch, waiting, sent, play):
    """Make the next own command the batch."""
    row = row_at(batch, 0)
    copy_bytes(row, row_at(waiting, play.waiting_first % waiting.shape[0]), 0, ROW_BYTES)
    row.sequence = state.sequence + 1
    row.time_ns = max(np.int64(row.time_ns), np.int64(state.time_ns))
    copy_bytes(row_at(sent, play.sent_count), row, 0, ROW_BYTES)
    play.sent_count += 1
    play.waiting_first += 1
    play.shift += 1
    play.batch_at, play.batch_stop = 0, 1


@kernel
def _send(asked, count, now_ns, waiting, place_times, place_delays, change_times, change_delays, play):
    """Send the first `count` commands that the strategy asks for. False: they are too many."""
    if count < 0 or count > asked.shape[0] or play.waiting_end + count - play.waiting_first > waiting.shape[0]:
        return False
    for index in range(count):
        row = row_at(waiting, play.waiting_end % waiting.shape[0])
        copy_bytes(row, row_at(asked, index), 0, ROW_BYTES)
        play.requests += 1
        row.request_id = play.requests
        row.account = play.account
        if row.kind == KIND_NEW:
            _delay(row, place_times, place_delays, now_ns, play)
        else:
            _delay(row, change_times, change_delays, now_ns, play)
        play.waiting_end += 1
    return True


@kernel
def _has_delay(times, delays, number):
    """Whether the delay of an own command is known."""
    return times.shape[0] > 0 or number < delays.shape[0]


@kernel
def _delay(row, times, delays, now_ns, play):
    """Set when an own command arrives that is sent now: not before the one that was sent before it."""
    play.sends += 1
    place = _last_at(times, now_ns) if times.shape[0] > 0 else play.sends
    play.last_arrival = max(np.int64(play.last_arrival), now_ns + delays[place])
    row.time_ns = play.last_arrival


@kernel
def _last_at(times, time_ns):
    """Index of the last of ascending times that is not after a time; 0: all are."""
    low, high = np.int64(0), times.shape[0]
    while low < high:
        middle = (low + high) // 2
        if times[middle] <= time_ns:
            low = middle + 1
        else:
            high = middle
    return max(np.int64(0), low - 1)


@kernel
def _take_rows(rows, batch, waiting, play):
    """Make the next rows of the source the batch: up to the next call, and up to the next own command that arrives."""
    # A mass quote goes on beyond that: it is applied together.
    count_max = min(np.int64(play.until_call), play.stop_row - play.next_row, batch.shape[0] - QUOTE_ENTRIES_MAX)
    rows_max = min(play.stop_row - play.next_row, batch.shape[0])
    bounded = play.waiting_first < play.waiting_end
    arrival = row_at(waiting, play.waiting_first % waiting.shape[0]).time_ns if bounded else np.int64(0)
    count = 0
    while count < count_max or (count < rows_max and _goes_on(batch, count)):
        row = row_at(rows, play.next_row + count)
        if bounded and row.time_ns > arrival and not _goes_on(batch, count):
            break
        copy_bytes(row_at(batch, count), row, 0, ROW_BYTES)
        row_at(batch, count).sequence += play.shift
        count += 1
    play.next_row += count
    play.until_call = max(np.int64(0), play.until_call - count)
    play.batch_at, play.batch_stop = 0, count


@kernel
def _goes_on(batch, count):
    """Whether the last of `count` rows is an entry of a mass quote and not its last one."""
    if count == 0:
        return False
    row = row_at(batch, count - 1)
    return row.kind == KIND_QUOTE and row["flags"] & FLAG_MORE != 0


def make_loop(chosen: Any, name: str) -> Any:
    """The loop for one strategy, a kernel with the arguments of `play`.

    Numba caches a function by its file. So each loop gets a file of its own, with this name (`strategy_name`).
    """
    file = cache_folder(RESEARCH) / "strategies" / f"{name}.py"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text("# the loop of a kernel strategy\n")
    code = play.__code__.replace(co_filename=str(file))
    own = FunctionType(code, {**globals(), "strategy": chosen}, "play")
    own.__module__, own.__qualname__ = __name__, f"play_{name}"
    return kernel(own)
