"""One venue: the commands of a loop tick become one batch; its events are released once it is durable and applied.

    gather -> stamp -> journal (helper thread) || engine (loop thread) -> consumers -> outbox

While one batch is written to disk, the next one gathers: group commit without a timer. Between two batches the engine's
state is exactly what has been released; questions and subscriptions are answered then. Knows no socket, no event loop.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from exchange.engine.event_rows import Row
from exchange.gateway.command_batch import CommandBatch
from exchange.gateway.outbox import Outbox
from exchange.publish.account_streams import AccountStreams
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.instruments import ChipTerms
from exchange.seams import Clock
from exchange.units import NS_PER_US
from exchange.venue.admission import Admission, note_firm
from exchange.venue.consumers import Consumers
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.event_history import EventHistory
from exchange.venue.failure import Failure
from exchange.venue.gathering import Gathering
from exchange.venue.own_commands import OwnCommands
from exchange.venue.questions import VenueQuestions
from exchange.wire.errors import ErrorCode

# A commit of at most this many commands, begun while the venue is idle, is written by the loop itself: the hop to the
# helper thread and back costs more than it hides. One order to its reply took 554-661 us without the hop against
# 796-859 us with it (p50, three pairs of runs on a busy 2-core machine). The price is that a disk that stalls holds up
# the loop once: after a slow commit the helper thread is used until a commit is quick again.
SMALL_COMMIT_ROWS = 4
SLOW_COMMIT_NS = 3_000_000

# spawn(job, done): run `job` on the helper thread, then `done(error or None)` in the loop, after `spawn` has returned.
Spawn = Callable[[Callable[[], Any], Callable[[BaseException | None], None]], None]


class Venue:
    """The path of commands into journal and engine, and of their events to the consumers."""

    def __init__(
        self,
        engine: Any,
        journal: Any,
        sequencer: Any,
        clock: Clock,
        history: EventHistory,
        outbox: Outbox,
        spawn: Spawn,
        schedule: Callable[[Callable[[], None]], None],
        warn: Callable[[str], None],
        batch_rows: int,
        chips: Mapping[str, ChipTerms] | None = None,
        day: DaySchedule | None = None,
    ) -> None:
        """schedule     runs a function at the end of the loop tick

        warn         called with a line for the person who runs the venue
        batch_rows   most commands in one commit
        chips        terms by chip
        day          the scheduled day; None: the operator changes market states
        """
        self.engine, self.journal, self.history = engine, journal, history
        self.states: np.ndarray = engine.states
        self._sequencer, self._clock, self._outbox = sequencer, clock, outbox
        self._spawn, self._schedule = spawn, schedule
        self.gathering = Gathering(batch_rows)
        self.own = OwnCommands(self.states, self.gathering, self.wake, self._commit_now)
        consumers = self.consumers = Consumers(engine, clock, history, outbox, self.own.submit, warn, chips, day)
        self.market, self.timekeeper, self.counters = consumers.market, consumers.timekeeper, consumers.counters
        self.past = consumers.market.past
        self.table, self.instruments = consumers.listings.table, consumers.listings.instruments
        self.groups, self.settlement_status = consumers.listings.groups, consumers.settlement_status
        self.admission = Admission(engine, clock, consumers.account_streams.answer_session)
        self._lend_streams(consumers.account_streams)
        self.drop_copies = consumers.drop_copies
        outbox.send_with(consumers.account_streams)
        self.reply_to, self.result_of = consumers.replies.reply, consumers.replies.result
        self.done_order = consumers.replies.done_order
        self.questions = VenueQuestions(self.states, self.table, consumers.reports, consumers.statements, day)
        self.failure = Failure()
        self._waiting_questions: list[Callable[[], None]] = []
        self._scheduled = self._releasing = False
        self._writing: CommandBatch | None = None
        self._rows: np.ndarray = self.gathering.open.gathered_rows()  # of the batch that is being written
        self._span = 0, 0, 0  # first and last sequence of these rows, their time in ns
        self._events: np.ndarray | None = None
        self._begun_ns = self._commit_ns = 0  # when the last commit began, how long it took
        self.small_commit_rows = SMALL_COMMIT_ROWS

    def _lend_streams(self, streams: AccountStreams) -> None:
        """What the port has from the account streams."""
        self.connect, self.go_live = streams.connect, streams.go_live
        self.disconnect, self.forget = streams.disconnect, streams.forget
        self.listen, self.unlisten, self.ask_python = streams.listen, streams.unlisten, streams.ask_python
        self.stream_number, self.note_stream_number = streams.released, streams.set_released
        self.note_reply, self.streamed_margins = streams.note_reply, streams.margins

    # The gateway's port to the venue.

    @property
    def sequence(self) -> int:
        """The engine's last command. A question sees the state after it (`ask`)."""
        return int(self.engine.sequence)

    @property
    def time_us(self) -> int:
        return int(self.engine.time_ns) // NS_PER_US

    @property
    def is_disk_full(self) -> bool:
        """Whether the disk is full: only the journal's reserve is left (DUR-024)."""
        return self.admission.uses_reserve

    @property
    def refusal(self) -> tuple[ErrorCode, str]:
        """Why the command that is being answered now, without events, was not journalled."""
        return self.admission.refusal

    @property
    def sent_us(self) -> int:
        """Time of the replies of the batch that is being released."""
        return self.consumers.account_streams.sent_us

    @property
    def has_space_to_listen(self) -> bool:
        """Whether another connection may listen to an account."""
        return self.consumers.account_streams.has_space_to_listen

    @property
    def listing(self) -> int:
        """Rises with every change of the listed instruments."""
        return self.consumers.listings.number

    @property
    def failed(self) -> bool:
        return self.failure.error is not None

    @property
    def idle(self) -> bool:
        """Whether no command waits or is being written."""
        return self._writing is None and self.gathering.is_empty

    def wake(self) -> None:
        """Call after a row was added: its commit starts at the end of this loop tick, or after the running one."""
        self.gathering.make_space(1)
        if not self._scheduled and self._writing is None:
            self._scheduled = True
            self._schedule(self._start_scheduled)

    def submit_alone(self, alone: CommandBatch) -> None:
        """Queue a batch as a commit of its own, after what has been gathered so far.

        It is checked against the state that it will change (ENTRY-013).
        """
        self.gathering.add_alone(alone)
        self.wake()

    def ask(self, question: Callable[[], None]) -> None:
        """Run `question` when the engine's state is what has been released: now, or after the running batch."""
        if self._writing is None and not self._releasing and not self.failed:
            question()
        else:
            self._waiting_questions.append(question)

    def ask_after_release(self, question: Callable[[], None]) -> None:
        """Run `question` after the next release, even if the venue is idle now."""
        self._waiting_questions.append(question)

    # Called by the venue's timer.

    def publish_due(self) -> None:
        """Publish the messages that are due on channels with a cadence."""
        self.consumers.feed.publish_due()

    def limit_to_reserve(self, is_limited: bool) -> None:
        """The disk is full (True) or has space again (False).

        While it is full all groups halt, and of clients only cancels that end an order are journalled (DUR-024).
        """
        self.admission.limit_to_reserve(is_limited)
        if is_limited:
            self.own.halt()

    def fail(self, error: BaseException) -> None:
        """Stop the venue: nothing more is acknowledged, and messages that were not sent are dropped (DUR-083)."""
        self._outbox.discard()
        self.failure.note(error)

    # The tick.

    def _start_scheduled(self) -> None:
        """Start a commit at the end of the tick, unless one is under way."""
        self._scheduled = False
        if self._writing is None:
            self._guarded(self._start)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step that touches journal or engine; an exception stops the venue.

        It is unknown how far the step went. The next start replays the journal (DUR-001, DUR-083).
        """
        if self.failed:
            return
        try:
            step()
        except Exception as error:
            self.fail(error)

    def _start(self) -> None:
        if not self._stamp():
            return
        if self._is_small() and self._commit_ns < SLOW_COMMIT_NS:
            self._commit_here()
        else:
            self._hand_over()
            self._apply()

    def _stamp(self) -> bool:
        """Take the next admitted batch and write sequence and time into its rows; False if there is none."""
        while (batch := self.gathering.take_oldest()) is not None:
            if self.admission.admit(batch):
                break
            self.gathering.recycle(batch)
        else:
            return False
        self._writing, self._rows, self._events = batch, batch.gathered_rows(), None
        self._span = self._number(self._rows)
        return True

    def _number(self, rows: np.ndarray) -> tuple[int, int, int]:
        """Write sequence and time into COMMAND rows; returns first and last sequence, and the time in ns."""
        first = self._sequencer.sequence + 1
        self._sequencer.stamp(rows)
        return first, self._sequencer.sequence, self._sequencer.time_ns

    def _is_small(self) -> bool:
        batch = self._writing
        return batch is not None and batch.control is None and len(self._rows) <= self.small_commit_rows

    def _commit_here(self) -> None:
        """The way of single orders at an idle venue: commit a small batch without the helper thread.

        It is durable before it is applied, so nothing of it can be seen earlier (DUR-023). Answers are written before
        anything else is done with its events. See SMALL_COMMIT_ROWS.
        """
        batch = self._writing
        assert batch is not None
        self._begun_ns = self._clock.mono_ns()
        self.journal.append(self._rows)
        self._commit_ns = self._clock.mono_ns() - self._begun_ns
        events = self._apply()
        self._writing = None
        released = self._released(batch, events, self._span)
        self.consumers.answer(released)
        self._outbox.flush()
        self._outbox.gather()
        self.consumers.follow(released)
        self._send(batch)
        if not self.idle:
            self.wake()

    def _hand_over(self) -> None:
        """Let the helper thread journal the batch."""
        self._begun_ns = self._clock.mono_ns()
        assert self._writing is not None
        self._spawn(partial(self._append, self._rows, self._writing.control), self._written)

    def _append(self, rows: np.ndarray, control: bytes | None) -> None:
        """Make a batch durable."""
        if control is None:
            self.journal.append(rows)
        else:
            self.journal.append_control(rows, control)

    def _apply(self) -> np.ndarray:
        """Apply the batch that is being written, while the disk works; returns its events."""
        assert self._writing is not None
        self._events = self._run(self._rows, self._writing.control)
        self.journal.observe(self._events, self._span[1])
        return self._events

    def _run(self, rows: np.ndarray, control: bytes | None) -> np.ndarray:
        events: np.ndarray = self.engine.apply(rows) if control is None else self.engine.control(rows, control)
        return events

    def _written(self, error: BaseException | None) -> None:
        """Continue in the loop when the helper thread has written the batch, or failed."""
        if error is not None:
            self.fail(error)
        self._commit_ns = self._clock.mono_ns() - self._begun_ns
        self._guarded(self._release_written)

    def _release_written(self) -> None:
        """Release the batch, which is durable and applied; first let the thread journal the next one."""
        batch, events, span = self._writing, self._events, self._span
        assert batch is not None and events is not None
        self._writing, self._releasing = None, True
        more = self._stamp()
        if more:
            self._hand_over()
        self.consumers.take(self._released(batch, events, span))
        self._send(batch)
        if more:
            self._apply()

    def _released(self, batch: CommandBatch, events: np.ndarray, span: tuple[int, int, int]) -> ReleasedBatch:
        """A batch for the consumers; the outbox holds what they send until it is flushed."""
        self._releasing = True
        self._outbox.gather()
        count = batch.count
        return ReleasedBatch(
            events, *span, batch.rows[:count], batch.received_us[:count], batch.answerers[:count], batch.tickets,
            batch.control is not None,
        )  # fmt: skip

    def _send(self, batch: CommandBatch) -> None:
        """Send the messages of a released batch, and run the questions that wait."""
        self.gathering.recycle(batch)
        self._releasing = False
        questions, self._waiting_questions = self._waiting_questions, []
        for question in questions:
            question()
        self._outbox.flush()

    def _commit_now(self, rows: np.ndarray, control: bytes | None) -> list[Row]:
        """Journal, apply and release commands at once, before the venue serves; returns their events.

        raises   ControlError: the control was refused, nothing was written
        """
        assert self.idle
        if control is not None:
            self.engine.check_control(int(rows[0]["kind"]), control)
            note_firm(self.states, rows, control)
        try:
            first, last, time_ns = self._number(rows)
            self._append(rows, control)
            events = self._run(rows, control)
            self.journal.observe(events, last)
            batch = ReleasedBatch(events, first, last, time_ns, is_control=control is not None)
            self.consumers.take(batch)
        except Exception as error:
            self.fail(error)
            raise
        return batch.rows
