"""Replay: a market that plays recorded or generated commands, with own orders among them in the very same engine.

What own orders change. A recorded order trades with own orders as with any other, so its later fills may differ from
the record. A recorded cancel or replace of an order that is no longer there is refused, as it would be at the venue;
`Replay.refused` counts these. Recorded participants do not react in any other way.
"""

import copy
import dataclasses
from typing import Any

import numpy as np

from bench.research.accounts import FUNDS_MILLS, free_accounts
from bench.research.driver import Driver
from bench.research.kernel_strategies import is_kernel, run_kernel
from bench.research.latency import Latency
from bench.research.orders import OrderError, number_in
from bench.research.sources import Source, open_source
from bench.research.strategies import StrategyRun, run_callbacks
from bench.research.tape_rows import TapeRows
from bench.research.timeline import NEVER, Timeline
from bench.research.trading import Trading
from bench.tapes.tape import Tape
from exchange.limits import limits_named

COUNT_MAX = 1 << 62


class Replay(Trading):
    """A tape at some place, and own accounts that trade in it.

    source        what `open_source` takes: a Tape, a path, a pair of LOBSTER files, the name of a flow
    latency       delays of own commands, of their answers and of market data; None: there are none
    accounts      number of own accounts; the first own command opens and funds all of them, so that without one the
                  states are exactly those of the tape
    funds_mills   paid into each own account
    limits        name of the state size; empty: the tape's
    resting       True: begin behind the rows that only fill the books (`Tape.resting_rows`); False: before the first
                  command
    options       of the source, such as `commands` and `seed` of a flow
    UserError: the source cannot be opened, or has no space for own accounts
    """

    def __init__(
        self,
        source: Source,
        *,
        latency: Latency | None = None,
        accounts: int = 1,
        funds_mills: int = FUNDS_MILLS,
        limits: str = "",
        resting: bool = True,
        **options: Any,
    ) -> None:
        tape = open_source(source, **options)
        if limits:
            tape = dataclasses.replace(tape, limits=limits_named(limits).name)
        self._latency = latency
        self._start(TapeRows(tape), self._own_accounts(tape, accounts), funds_mills)
        if resting and tape.resting_rows:
            self._driver.advance(tape.resting_rows + self._driver.source.controls_before(tape.resting_rows))
            self._clock()

    def _own_accounts(self, tape: Tape, count: int) -> tuple[int, int]:
        return free_accounts(tape, number_in("accounts", count, 1, COUNT_MAX))

    def _start(self, source: TapeRows, own: tuple[int, int], funds_mills: int) -> None:
        driver = Driver(source, own)
        timeline = None if self._latency is None else Timeline(self._latency, driver.source.times_ns)
        super().__init__(driver, timeline, funds_mills)

    @property
    def tape(self) -> Tape:
        """The source as it was opened."""
        return self._driver.source.tape

    @property
    def latency(self) -> Latency | None:
        """The delays, as given."""
        return self._latency

    @property
    def place(self) -> int:
        """Number of commands of the source applied so far, controls counted."""
        return self._driver.place

    @property
    def length(self) -> int:
        """Number of commands of the source, controls counted."""
        return self._driver.length

    @property
    def at_end(self) -> bool:
        """Whether the source has no further command."""
        return self._driver.place == self._driver.length

    @property
    def next_seen_ns(self) -> int:
        """When the own side next sees something if it does nothing, ns. Call it only before the end of the source."""
        source_ns = int(self._seen_ns[self._driver.place])
        return source_ns if self._timeline is None else min(source_ns, self._timeline.next_seen_ns(self._driver.place))

    @property
    def _seen_ns(self) -> np.ndarray:
        """When the own side sees each command of the source, ns, ascending."""
        return self._driver.source.times_ns if self._timeline is None else self._timeline.seen_ns

    def advance(
        self,
        count: int | None = None,
        *,
        until_ns: int | None = None,
        until_sequence: int | None = None,
        until_fill: bool = False,
    ) -> int:
        """Apply commands of the source, and own ones that arrive meanwhile.

        count            at most so many commands; None: no such bound
        until_ns         none that the own side sees later than this time
        until_sequence   none behind this sequence of the engine
        until_fill       stop behind the command whose own fill is seen first
        returns          number of commands of the source applied; 0: no further one fulfils the conditions
        OrderError: no condition is given, or one is wrong in itself

        A mass quote is one command in several rows and is never split, so a few more than `count` may be applied.
        """
        if self._timeline is None and count is not None and until_ns is until_sequence is None and not until_fill:
            return self._driver.advance(number_in("count", count, 0, COUNT_MAX))
        if count is None and until_ns is None and until_sequence is None and not until_fill:
            raise OrderError("advance needs a count, until_ns, until_sequence or until_fill")
        before, fills = self._driver.place, len(self._orders.fills)
        stop = self._driver.length
        if count is not None:
            stop = min(stop, before + number_in("count", count, 0, COUNT_MAX))
        if until_ns is not None:
            stop = min(stop, self._place_seen_by(number_in("until_ns", until_ns, 0, NEVER)))
        if until_sequence is not None:
            self._advance_to_sequence(stop, number_in("until_sequence", until_sequence, 0, COUNT_MAX), until_fill)
        else:
            self._advance_to(stop, until_fill)
        is_stopped = until_fill and len(self._orders.fills) > fills
        if until_ns is not None and not is_stopped and self._driver.place >= self._place_seen_by(until_ns):
            self._pass_time(until_ns)
        else:
            self.catch_up()
        return self._driver.place - before

    def _place_seen_by(self, time_ns: int) -> int:
        return int(np.searchsorted(self._seen_ns, time_ns, "right"))

    def _advance_to_sequence(self, stop: int, sequence: int, until_fill: bool) -> None:
        """Own commands that arrive meanwhile take sequences too, so this looks again after each of them."""
        driver = self._driver
        fills = len(self._orders.fills)
        while driver.place < stop and not (until_fill and len(self._orders.fills) > fills):
            last = int(np.searchsorted(driver.source.sequences, sequence - driver.shift, "right"))
            if min(stop, last) <= driver.place:
                return
            shift = driver.shift
            self._advance_to(min(stop, last) if self._timeline is None else driver.place + 1, until_fill)
            if self._timeline is None and driver.shift == shift:
                return

    def _advance_to(self, stop: int, until_fill: bool) -> None:
        if not until_fill:
            self._step_to(stop)
            return
        fills = len(self._orders.fills)
        while self._driver.place < stop and len(self._orders.fills) == fills:
            self._step_to(self._driver.place + 1)

    def _step_to(self, stop: int) -> None:
        """Apply commands of the source up to a place, each own command at the time when it arrives."""
        driver, timeline = self._driver, self._timeline
        if timeline is None:
            driver.advance(stop - driver.place)
            return
        while driver.place < stop:
            reached = min(stop, timeline.place_of_next())
            if reached > driver.place:
                driver.advance(reached - driver.place)
            else:
                self._run(*timeline.next_own())
        self._clock()

    def _pass_time(self, until_ns: int) -> None:
        """Let time pass at the own side, when no further command of the source is seen by then."""
        timeline = self._timeline
        if timeline is None:
            return
        while timeline.arrives_by(until_ns, self._driver.place):
            self._run(*timeline.next_own())
        timeline.pass_to(until_ns)
        self._orders.take(timeline.responses())

    def _wait_for_all(self, timeline: Timeline) -> None:
        """Behind the last command of the source: let all own commands arrive, and see all answers."""
        while timeline.waiting:
            self._run(*timeline.next_own())
        timeline.wait()
        self._orders.take(timeline.responses())

    def catch_up(self) -> None:
        """Move the own clock to what has been applied; at the end of the source, to the last answer."""
        self._clock()
        if self._timeline is not None and self.at_end:
            self._wait_for_all(self._timeline)

    def _clock(self) -> None:
        if self._timeline is not None:
            self._timeline.see(self._driver.place)
            self._orders.take(self._timeline.responses())

    def run(
        self,
        strategy: Any,
        *,
        every: int = 100,
        interval_ns: int | None = None,
        commands: int | None = None,
        memory: np.ndarray | None = None,
    ) -> StrategyRun:
        """Run a strategy until the source ends.

        strategy      an object with some of the callbacks on_start(replay), on_fill(replay, fill), on_book(replay) and
                      on_end(replay), or a function, which is an on_book; or a kernel(state, account, memory, asked),
                      which is compiled into one loop with the engine (`strategy_kernels`): it fills COMMAND rows of
                      `asked` and returns their number. It trades for the first own account
        every         on_book is called after each so many commands of the source; on_fill before it, for each fill seen
        interval_ns   call on_book after each so much time instead; intervals in which nothing is seen are left out
        commands      end after so many commands of the source; None: at its end
        memory        array that a kernel strategy keeps what it likes in; None: one int64
        returns       what was done. If the strategy raises, the run ends, and `error` of the result is set

        OrderError: an argument is wrong in itself, or the strategy has no callback
        """
        if is_kernel(strategy):
            if interval_ns is not None:
                raise OrderError("interval_ns is for callbacks; a kernel strategy is called by number: every=")
            return run_kernel(self, strategy, every=every, commands=commands, memory=memory)
        return run_callbacks(self, strategy, every=every, interval_ns=interval_ns, commands=commands)

    def fork(self) -> "Replay":
        """A replay of its own that goes on from here. Handles of orders from before the fork may be used in both."""
        other = copy.copy(self)
        other._driver = self._driver.fork()
        other._driver.listen = other._hear
        other._orders = copy.deepcopy(self._orders)
        other._timeline = None if self._timeline is None else self._timeline.fork()
        other._bind()
        return other

    def at(self, sequence: int) -> "Replay":
        """A replay of its own as this one was at an earlier sequence, own commands included. It has no latency left to
        wait for: own orders are as the engine had them, and own commands on their way then are not sent. An order that
        the engine did not have yet is not there: `own` of it raises OrderError.

        OrderError: the sequence is not in 1..`self.sequence`
        """
        number_in("sequence", sequence, 1, self.sequence)
        other = copy.copy(self)
        other._start(self._driver.source, self._driver.own, self._funds_mills)
        other._orders = self._orders.unsent()
        other._driver.listen = other._orders.take
        other._driver.follow(self._driver, sequence)
        other._orders.drop_unsent()
        other._is_open = self._begins_open or other._driver.shift > 0
        other._driver.listen = other._hear
        other._clock()
        return other
