"""One venue: commands of a loop tick become one durable batch, its events are shown when both disk and engine are done.

    gather -> stamp -> journal (helper thread) || engine (loop thread) -> gate -> consumers -> outbox

While one batch is being synced the next gathers: group commit without a timer. Between two batches the engine's state
is exactly what has been released; questions and subscriptions are served at that point. No sockets, no event loop.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from exchange.engine.event_rows import Row
from exchange.gateway.outbox import Outbox, SendQueue
from exchange.gateway.stored_replies import Release
from exchange.gateway.translate import CommandBatch
from exchange.publish.consumer import released_batch
from exchange.seams import Clock
from exchange.units import NS_PER_US
from exchange.venue.admission import Admission
from exchange.venue.consumers import Consumers
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.event_history import EventHistory
from exchange.venue.failure import Failure
from exchange.venue.gathering import Gathering
from exchange.venue.own_commands import OwnCommands
from exchange.venue.questions import VenueQuestions
from exchange.wire.errors import ErrorCode

# A commit of at most so many commands, begun while nothing else happens, is written by the loop itself. The hop to the
# helper thread and back costs more than it hides then: one order to its reply took 554-661 us with it in place against
# 796-859 us (p50, three pairs of runs on a busy 2-core machine). The price: a disk that stalls holds up the whole loop,
# once; after a slow commit the helper thread is used until a commit is quick again.
SMALL_COMMIT_ROWS = 4
SLOW_COMMIT_NS = 3_000_000

# spawn(job, done): run `job` on the helper thread, then `done(error or None)` in the loop, never within the call.
Spawn = Callable[[Callable[[], Any], Callable[[BaseException | None], None]], None]


class Venue:
    """The path of commands and events."""

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
        unit_lots: Mapping[str, int] | None = None,
        day: DaySchedule | None = None,
    ) -> None:
        """`schedule(call)` runs `call` at the end of the loop tick; `warn(line)` is for who runs the venue;
        `batch_rows`: most commands of one commit."""
        self.engine, self.journal, self.history = engine, journal, history
        self.states: np.ndarray = engine.states
        self._sequencer, self._clock, self._outbox = sequencer, clock, outbox
        self._spawn, self._schedule = spawn, schedule
        self._gathering = Gathering(batch_rows)
        self.admission = Admission(engine, clock)
        self.own = OwnCommands(self.states, self._gathering, self.wake, self._commit_now)
        consumers = self.consumers = Consumers(engine, clock, history, outbox, self.own.submit, warn, unit_lots, day)
        self.market, self.timekeeper, self.counters = consumers.market, consumers.timekeeper, consumers.counters
        self.table, self.instruments = consumers.listings.table, consumers.listings.instruments
        self.groups, self.settlement_status = consumers.listings.groups, consumers.settlement_status
        self.released = consumers.account_streams.released
        self.reply_to, self.result_of = consumers.replies.reply, consumers.replies.result
        self.done_order = consumers.replies.done_order
        self.questions = VenueQuestions(self.states, self.table, consumers.reports)
        self.release = Release()  # of the batch that is being shown
        self.failure = Failure()
        self._waiting_questions: list[Callable[[], None]] = []
        self._scheduled = self._releasing = False
        self._writing: CommandBatch | None = None
        self._rows: np.ndarray = self.batch.closed()  # of the batch that is being written,
        self._span = 0, 0, 0  # their first and last sequence, their time in ns
        self._events: np.ndarray | None = None
        self._begun_ns = self._commit_ns = 0  # when the last commit began, how long it took
        self.small_commit_rows = SMALL_COMMIT_ROWS

    # What the gateway asks (its port to the venue).

    @property
    def sequence(self) -> int:
        """Last command whose effects are released, as far as questions are concerned."""
        return int(self.engine.sequence)

    @property
    def time_us(self) -> int:
        return int(self.engine.time_ns) // NS_PER_US

    @property
    def batch(self) -> CommandBatch:
        """The batch that new commands join."""
        return self._gathering.open

    @property
    def full_batches(self) -> int:
        """Batches without space for more that wait behind the one being written."""
        return self._gathering.full_batches

    @property
    def short_of_space(self) -> bool:
        """The journal has its reserve alone (DUR-024)."""
        return self.admission.uses_reserve

    @property
    def not_sequenced(self) -> tuple[ErrorCode, str]:
        """Why the command that is being answered without events has none."""
        return self.admission.not_sequenced

    @property
    def failed(self) -> bool:
        return self.failure.error is not None

    @property
    def idle(self) -> bool:
        """Nothing is gathered, being written, or waiting for its release."""
        return self._writing is None and self._gathering.is_empty

    def wake(self) -> None:
        """A row was added: at the end of this loop tick it starts on its way."""
        self._gathering.make_space(1)
        if not self._scheduled and self._writing is None:
            self._scheduled = True
            self._schedule(self._start_scheduled)

    def make_space(self, rows: int) -> None:
        """Keep the next rows, so many, in one commit (QUOTE-001)."""
        self._gathering.make_space(rows)

    def submit_alone(self, alone: CommandBatch) -> None:
        """Sequence a batch in a commit of its own, behind what has been gathered so far: it is checked against the
        state that it will change (ENTRY-013)."""
        self._gathering.add_alone(alone)
        self.wake()

    def ask(self, question: Callable[[], None]) -> None:
        """Run a question when the engine's state is what has been released: now, or after the running batch."""
        if self._writing is None and not self._releasing and not self.failed:
            question()
        else:
            self._waiting_questions.append(question)

    def ask_later(self, question: Callable[[], None]) -> None:
        """After the next release, whatever is under way now."""
        self._waiting_questions.append(question)

    def listen(self, account: int, queue: SendQueue) -> None:
        """Send an account's events to a connection from now on."""
        self.consumers.account_streams.listen(account, queue)

    def unlisten(self, account: int, queue: SendQueue) -> None:
        self.consumers.account_streams.unlisten(account, queue)

    # What its timer does.

    def publish_due(self) -> None:
        """Channel messages whose time has come, for channels with a cadence."""
        self.consumers.feed.publish_due()

    def limit_to_reserve(self, is_limited: bool) -> None:
        """Whether the journal has its reserve alone: then trading stops, and only cancels that end an order are
        journalled for clients (DUR-024)."""
        self.admission.limit_to_reserve(is_limited)
        if is_limited:
            self.own.halt()

    def fail(self, error: BaseException) -> None:
        """Stop: nothing more is acknowledged (DUR-083), nor what was made while the disk failed."""
        self._outbox.discard()
        self.failure.note(error)

    # The tick.

    def _start_scheduled(self) -> None:
        """The tick in which commands came has ended, and no commit is under way."""
        self._scheduled = False
        if self._writing is None:
            self._guarded(self._start)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step between journal and engine. After an exception it is not known how far the step went: the venue
        stops, and the next start does what the journal says (DUR-001, DUR-083)."""
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
        """Number and time the oldest batch that waits and is admitted; False if there is none."""
        while (batch := self._gathering.take_oldest()) is not None:
            if self.admission.admit(batch):
                break
            self._gathering.recycle(batch)
        else:
            return False
        self._writing, self._rows, self._events = batch, batch.closed(), None
        self._span = self._number(self._rows)
        return True

    def _number(self, rows: np.ndarray) -> tuple[int, int, int]:
        """Sequence of the first and last row and their time, now written into them."""
        first = self._sequencer.sequence + 1
        self._sequencer.stamp(rows)
        return first, self._sequencer.sequence, self._sequencer.time_ns

    def _is_small(self) -> bool:
        batch = self._writing
        return batch is not None and batch.control is None and len(self._rows) <= self.small_commit_rows

    def _commit_here(self) -> None:
        """A small commit of an idle venue, see SMALL_COMMIT_ROWS: its answers are made while the disk works, and leave
        when it is done. Nothing else runs in the loop meanwhile, so none is seen before (DUR-023)."""
        batch = self._writing
        assert batch is not None
        self._begun_ns = self._clock.mono_ns()
        with self.journal.writing(self._rows):
            self._release(batch, self._apply(), self._span)
        self._commit_ns = self._clock.mono_ns() - self._begun_ns
        self._writing = None
        self._send(batch)
        if not self.idle:
            self.wake()

    def _hand_over(self) -> None:
        """Give the batch to the helper thread."""
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
        """Run the batch that is being written; on another core the disk does its part."""
        assert self._writing is not None
        self._events = self._run(self._rows, self._writing.control)
        self.journal.observe(self._events, self._span[1])
        return self._events

    def _run(self, rows: np.ndarray, control: bytes | None) -> np.ndarray:
        events: np.ndarray = self.engine.apply(rows) if control is None else self.engine.control(rows, control)
        return events

    def _written(self, error: BaseException | None) -> None:
        """The helper thread has made the batch durable, or could not."""
        if error is not None:
            self.fail(error)
        self._commit_ns = self._clock.mono_ns() - self._begun_ns
        self._guarded(self._show)

    def _show(self) -> None:
        """The batch is durable and applied: start the next on its way, then show this one."""
        batch, events, span = self._writing, self._events, self._span
        assert batch is not None and events is not None
        self._writing, self._releasing = None, True
        more = self._stamp()
        if more:
            self._hand_over()
        self._release(batch, events, span)
        self._send(batch)
        if more:
            self._apply()

    def _release(self, batch: CommandBatch, events: np.ndarray, span: tuple[int, int, int]) -> None:
        """Show a batch to its consumers; the outbox holds what they send until `_send`."""
        self._releasing = True
        self._outbox.gather()
        self.release = Release()
        self.consumers.take(released_batch(events, *span, batch.tickets, batch.control is not None))

    def _send(self, batch: CommandBatch) -> None:
        """The answers of a batch may leave; questions see the state between two batches."""
        self.release.leave(self._clock.wall_us())
        self._gathering.recycle(batch)
        self._releasing = False
        questions, self._waiting_questions = self._waiting_questions, []
        for question in questions:
            question()
        self._outbox.flush()

    def _commit_now(self, rows: np.ndarray, control: bytes | None) -> list[Row]:
        """Journal, apply and show commands of the venue's own while nothing is served; their events. ControlError
        before anything is written."""
        assert self.idle
        if control is not None:
            self.engine.check_control(int(rows[0]["kind"]), control)
        try:
            first, last, time_ns = self._number(rows)
            self._append(rows, control)
            events = self._run(rows, control)
            self.journal.observe(events, last)
            batch = released_batch(events, first, last, time_ns, is_control=control is not None)
            self.consumers.take(batch)
        except Exception as error:
            self.fail(error)
            raise
        return batch.rows
