"""One venue: commands of a loop tick become one durable batch, its events are shown when both disk and engine are done.

    gather -> stamp -> journal (helper thread) || engine (loop thread) -> gate -> publishers -> outbox

While one batch is being synced the next gathers: group commit without a timer. Between two batches the engine's state
is exactly what has been released; questions and subscriptions are served at that point. No sockets, no event loop.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from exchange.codes import EventKind
from exchange.engine import query
from exchange.engine.event_rows import KIND, Row, by_command, read_rows
from exchange.gateway.outbox import Outbox, SendQueue
from exchange.gateway.stored_replies import Release
from exchange.gateway.translate import CommandBatch, ListedInstrument
from exchange.publish import account_views
from exchange.publish.engine_view import EngineView
from exchange.publish.execution_reports import ExecutionReports
from exchange.publish.instruments import InstrumentTable
from exchange.publish.market_data import MarketData
from exchange.publish.replies import Replies
from exchange.seams import Clock
from exchange.units import NS_PER_US
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.event_history import History
from exchange.venue.own_commands import OwnCommands
from exchange.venue.reserve import Reserve
from exchange.venue.timekeeper import Timekeeper
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import AccountSnapshot, BatchResult, Err, MarginView, Ok, OrderView, PositionView

# A commit of at most so many commands, begun while nothing else happens, is written by the loop itself. The hop to the
# helper thread and back costs more than it hides then: one order to its reply took 554-661 us with it in place against
# 796-859 us (p50, three pairs of runs on a busy 2-core machine). The price: a disk that stalls holds up the whole loop,
# once; after a slow commit the helper thread is used until a commit is quick again.
SMALL_COMMIT_ROWS = 4
SLOW_COMMIT_NS = 3_000_000
LOWEST_TICK = -(2**31) + 1
_LISTED = int(EventKind.INSTRUMENT_LISTED)
_FILL = int(EventKind.FILL)

# spawn(job, done): run `job` on the helper thread, then `done(error or None)` in the loop, never within the call.
Spawn = Callable[[Callable[[], Any], Callable[[BaseException | None], None]], None]


class Figures:
    """What the venue has done, for people and benchmarks."""

    def __init__(self) -> None:
        self.commands = 0
        self.batches = 0
        self.events = 0
        self.trades = 0


class Venue(OwnCommands):
    """The path of commands and events. Implements the gateway's `VenuePort`."""

    not_sequenced = ErrorCode.EXPIRED_REQUEST, ""  # why what is answered without events has none

    def __init__(
        self,
        engine: Any,
        journal: Any,
        sequencer: Any,
        clock: Clock,
        history: History,
        spawn: Spawn,
        schedule: Callable[[Callable[[], None]], None],
        batch_rows: int,
        unit_lots: dict[str, int] | None = None,
        day: DaySchedule | None = None,
    ) -> None:
        """`schedule(call)` runs `call` at the end of the loop tick; `batch_rows`: most commands of one commit."""
        self.engine, self.journal, self.history = engine, journal, history
        self.states: np.ndarray = engine.states
        self.released: dict[int, int] = {}
        self.instruments: dict[int, ListedInstrument] = {}
        self.groups: dict[str, int] = {}
        self.figures = Figures()
        self.release = Release()  # of the batch that is being shown
        self.on_failure: Callable[[BaseException], None] = lambda error: None
        self.table = InstrumentTable(lambda: query.instruments(engine.states), unit_lots)
        self._refresh_instruments()
        self.reports = ExecutionReports(self.table)
        self.replies = Replies(self.table, self._find_live)
        self.reply_to: Callable[[int, list[Row]], Ok | Err] = self.replies.reply
        self.result_of: Callable[[list[Row]], BatchResult] = self.replies.result
        self.done_order: Callable[[int, int, str], OrderView | None] = self.replies.done_order
        self.market = MarketData(self.table, EngineView(engine), query.channel_sequences(engine.states))
        self.outbox: Outbox | None = None
        self._sequencer, self._clock = sequencer, clock
        self._spawn, self._schedule = spawn, schedule
        self._batch_rows = batch_rows
        self._spare, self.batch = [CommandBatch(batch_rows) for _ in range(2)], CommandBatch(batch_rows)
        self._full: deque[CommandBatch] = deque()
        self.full_batches = 0  # that wait behind the one being written
        self._writing: CommandBatch | None = None
        self._rows: np.ndarray = self.batch.closed()
        self._span = 0, 0, 0  # of these rows: first and last sequence, time in ns
        self._events: np.ndarray | None = None
        self.small_commit_rows = SMALL_COMMIT_ROWS
        self._begun_ns = self._commit_ns = 0  # when the last commit began, how long it took
        self._scheduled = self.failed = False
        self._questions: list[Callable[[], None]] = []
        self._listeners: dict[int, list[SendQueue]] = {}
        self.timekeeper = Timekeeper(self.states, clock, self.submit, day)

    # What the gateway asks (gateway.port.VenuePort).

    @property
    def sequence(self) -> int:
        """Last command whose effects are released, as far as questions are concerned."""
        return int(self.engine.sequence)

    @property
    def time_us(self) -> int:
        return int(self.engine.time_ns) // NS_PER_US

    @property
    def idle(self) -> bool:
        """Nothing is gathered, being written, or waiting for its release."""
        return self._writing is None and not self._full and not self.batch.tickets

    def wake(self) -> None:
        """A row was added: at the end of this loop tick it starts on its way."""
        self.make_room(1)
        if not self._scheduled and self._writing is None:
            self._scheduled = True
            self._schedule(self._start_scheduled)

    def make_room(self, rows: int) -> None:
        """Seal the batch if it has no room for so many: the rows of one command are never split (QUOTE-001)."""
        if len(self.batch.tickets) + rows > self._batch_rows:
            self.batch.seal()
            self._full.append(self.batch)
            self.full_batches += 1
            self.batch = self._spare.pop() if self._spare else CommandBatch(self._batch_rows)

    def ask(self, question: Callable[[], None]) -> None:
        """Run a question when the engine's state is what has been released: now, or after the running batch."""
        if self._writing is None and not self.failed:
            question()
        else:
            self._questions.append(question)

    def ask_later(self, question: Callable[[], None]) -> None:
        """After the next release, whatever is under way now."""
        self._questions.append(question)

    def listen(self, account: int, queue: SendQueue) -> None:
        self._listeners.setdefault(account, []).append(queue)

    def unlisten(self, account: int, queue: SendQueue) -> None:
        queues = self._listeners.get(account)
        if queues is not None and queue in queues:
            queues.remove(queue)

    @property
    def questions(self) -> "Venue":
        """Questions about accounts."""
        return self

    def messages_of(self, events: list[Row]) -> list[tuple[int, int, Any]]:
        """Account messages of rows read back, marked as replayed."""
        return self.reports.messages(events, replay=True)

    def account_pages(self, account: int) -> list[AccountSnapshot]:
        return account_views.snapshot(self.states, self.table, account)

    def open_page(self, account: int, after: int) -> tuple[list[OrderView], bool]:
        return account_views.open_page(self.states, self.table, account, after)

    def order_view(self, order: query.OrderRow) -> OrderView:
        return account_views.order_view(self.table, order)

    def position_views(self, account: int) -> list[PositionView]:
        return account_views.position_views(self.states, self.table, account)

    def margin_view(self, account: int) -> MarginView:
        return account_views.margin_view(self.states, account)

    # The tick.

    def _start_scheduled(self) -> None:
        """The tick in which commands came has ended, and no commit is under way."""
        self._scheduled = False
        if self._writing is None:
            self._guarded(self._start)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run what stands between journal and engine. After an exception there nobody knows what was done of it: the
        venue stops, and the journal tells the next start (DUR-001, DUR-083)."""
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

    def _is_small(self) -> bool:
        batch = self._writing
        return batch is not None and batch.control is None and len(self._rows) <= self.small_commit_rows

    def _commit_here(self) -> None:
        """A small commit of an idle venue, see SMALL_COMMIT_ROWS: while the disk works its answers are made up, and
        leave when it is done. Nothing else runs in the loop meanwhile, so nobody sees them before (DUR-023)."""
        batch = self._writing
        assert batch is not None
        self._begun_ns = self._clock.mono_ns()
        with self.journal.writing(self._rows):
            self._release(batch.tickets, self._apply(), *self._span)
        self._commit_ns = self._clock.mono_ns() - self._begun_ns
        self._writing = None
        self._send(batch)
        if not self.idle:
            self.wake()

    def _hand_over(self) -> None:
        self._begun_ns = self._clock.mono_ns()
        assert self._writing is not None
        self._spawn(partial(self.journal_batch, self._writing, self._rows), self._written)

    def _stamp(self) -> bool:
        """Number and time the oldest batch that waits and may run; False if none does."""
        batch = self._oldest()
        while batch is not None:
            if batch.expires:
                self._drop_late(batch)
            if self.short_of_room and batch.control is None and batch.atomic is None:
                self._drop_wasted(batch)
            if self.may_run(batch) and batch.tickets:
                break
            self._recycle(batch)
            batch = self._oldest()
        else:
            return False
        rows = batch.closed()
        first = self._sequencer.sequence + 1
        self._sequencer.stamp(rows)
        self._writing, self._rows, self._events = batch, rows, None
        self._span = first, self._sequencer.sequence, self._sequencer.time_ns
        return True

    def _oldest(self) -> CommandBatch | None:
        """The batch whose turn has come, None if nothing waits."""
        if self._full:
            batch = self._full.popleft()
            self.full_batches -= batch.is_full
            return batch
        if not self.batch.tickets:
            return None
        batch, self.batch = self.batch, (self._spare.pop() if self._spare else CommandBatch(self._batch_rows))
        return batch

    def _apply(self) -> np.ndarray:
        """Run the batch that is being written; on another core the disk does its part."""
        assert self._writing is not None
        self._events = self.apply_batch(self._writing, self._rows)
        self.journal.observe(self._events, self._span[1])
        return self._events

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
        self._writing = None
        more = self._stamp()
        if more:
            self._hand_over()
        if batch.control is not None:
            self._refresh_instruments()
        self._release(batch.tickets, events, *span)
        self._send(batch)
        if more:
            self._apply()

    def _send(self, batch: CommandBatch) -> None:
        """Its answers are made up and may leave; questions see the state between two batches."""
        self.release.leave(self._clock.wall_us())
        self._recycle(batch)
        questions, self._questions = self._questions, []
        for question in questions:
            question()
        if self.outbox is not None:
            self.outbox.flush()

    def _release(self, tickets: list[Any], events: np.ndarray, first: int, last: int, time_ns: int) -> None:
        """Make up what one batch shows: to each command its answer, to each account its events, to the feed its
        changes; the outbox holds it until `_send`."""
        if self.outbox is not None:
            self.outbox.gather()
        self.release = Release()
        rows = read_rows(events)
        if len(events):
            self.history.append(events)
            self.market.prints.append(events)
        self.replies.note(rows)
        answers = dict(by_command(rows))
        reports = iter(self.reports.messages(rows))
        report = next(reports, None)
        listeners, released = self._listeners, self.released
        for sequence, ticket in enumerate(tickets, first):
            if ticket is not None:
                answer, request_id, received_us = ticket
                answer(request_id, received_us, answers.get(sequence, []))
            # Account events come after the answer of their command (ENTRY-001).
            while report is not None and report[2].engine_sequence == sequence:
                account, number, message = report
                released[account] = number
                for queue in listeners.get(account, ()):
                    queue.send(message)
                report = next(reports, None)
        self.market.fold(rows, last, time_ns)
        self.timekeeper.note(rows)
        self.publish_due()
        self.history.shown = last
        self.figures.commands += last - first + 1
        self.figures.batches += 1
        self.figures.events += len(rows)
        self.figures.trades += sum(row[KIND] == _FILL for row in rows) // 2

    def publish_due(self) -> None:
        """Channel messages whose time has come; also called by the timer for channels with a cadence."""
        outbox = self.outbox
        if outbox is not None:
            for channel, message in self.market.due(self._clock.wall_us()):
                outbox.publish(channel, message)

    def _drop_late(self, batch: CommandBatch) -> None:
        """ENTRY-005: what would be sequenced after its `exp` is answered, not journalled."""
        now_us = self._clock.wall_us()
        late = {place for place, expires_us in batch.expires if expires_us < now_us}
        self._drop(batch, dict.fromkeys(late, (ErrorCode.EXPIRED_REQUEST, "exp has passed")))

    def _drop_wasted(self, batch: CommandBatch) -> None:
        """DUR-024: while the journal lacks room, what ends no order costs it none."""
        reserve = Reserve(self.states, lambda row: self.engine.first_refusal(row) is not None, self._killed)
        self._drop(batch, reserve.wasted(batch.closed()))

    def _drop(self, batch: CommandBatch, places: dict[int, tuple[ErrorCode, str]]) -> None:
        """Answer the commands at these places, each with its reason, without sequencing them."""
        if not places:
            return
        dropped = [(batch.tickets[place], places[place]) for place in sorted(places)]
        batch.drop(places)
        for ticket, self.not_sequenced in dropped:
            if ticket is not None:
                ticket[0](ticket[1], ticket[2], [])

    def _recycle(self, batch: CommandBatch) -> None:
        batch.clear()
        if len(self._spare) < 4 and batch.rows_max == self._batch_rows:
            self._spare.append(batch)

    def fail(self, error: BaseException) -> None:
        """Nothing more is acknowledged (DUR-083), nor anything that was made up while the disk failed."""
        if self.outbox is not None:
            self.outbox.discard()
        if not self.failed:
            self.failed = True
            self.on_failure(error)

    def _refresh_instruments(self) -> None:
        self.table.refresh()
        for row in self.table.rows:
            if row is not None:
                low_tick = LOWEST_TICK if row.combo else 1
                self.instruments[row.instrument_id] = ListedInstrument(row.index, low_tick, row.revision, row.group)
                self.groups[row.symbol.split(".")[0]] = row.group

    def _find_live(self, account: int, client_order_id: str) -> query.OrderRow | None:
        return query.find_order(self.states, account, 0, client_order_id)
