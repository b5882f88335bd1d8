"""Market: books without recorded flow, in which own accounts make all orders."""

import numpy as np

from bench.research.latency import Latency
from bench.research.orders import command_fields, number_in
from bench.research.replay import Replay, size_named
from bench.tapes.market import DEPOSIT_MILLS, PlainMarket, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind
from exchange.records import COMMAND

LOW_TICK, HIGH_TICK = 1, 900  # fit into the size "small"
CLOCK = command_fields(CommandKind.CLOCK)


class Market(Replay):
    """Open books of one product and own accounts 1 to `accounts`, each funded with 10^15 mills.

    books           number of books, instruments 1 to `books`
    limits          name of the state size
    low_tick, high_tick   prices that the books take, ticks; the first settlement price is in the middle
    start_ns        time of the opening, ns since 1970 UTC
    latency         as of a Replay
    UserError: the books or accounts do not fit into the state size

    Time passes by `advance(until_ns=...)`, which also ends orders that have expired by then. An own command has the
    time of the own clock.
    """

    _begins_open = True

    def __init__(
        self,
        books: int = 1,
        accounts: int = 1,
        limits: str = "small",
        *,
        low_tick: int = LOW_TICK,
        high_tick: int = HIGH_TICK,
        start_ns: int = 0,
        latency: Latency | None = None,
    ) -> None:
        plain = PlainMarket(low_tick, high_tick, (low_tick + high_tick) // 2, books, accounts)
        tape = market_tape(plain, [np.zeros(0, COMMAND)], {"market": books}, size_named(limits).name)
        tape.commands["time_ns"] = start_ns
        for control in tape.controls:
            control.row["time_ns"] = start_ns
        super().__init__(tape, latency=latency, accounts=accounts, funds_mills=DEPOSIT_MILLS)
        self._driver.listen = lambda rows: None  # the opening is over when the own side begins to look
        self._driver.advance(self._driver.length)
        self._driver.listen = self._hear
        self._clock()

    def _own_accounts(self, tape: Tape, count: int) -> tuple[int, int]:
        return 1, number_in("accounts", count, 1, size_named(tape.limits).accounts)

    def _pass_time(self, until_ns: int) -> None:
        """Let time pass at the own side and in the engine, which ends what has expired."""
        super()._pass_time(until_ns)
        feed_ns = 0 if self._latency is None else self._latency.feed.ns(self._driver.place, until_ns)
        if until_ns - feed_ns > self._driver.time_ns:
            self._driver.run_own(until_ns - feed_ns, CLOCK)
