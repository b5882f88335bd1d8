"""Market: books without recorded flow, in which own accounts make all orders."""

from typing import Any

import numpy as np

from bench.research.latency import Latency
from bench.research.orders import OrderError, command_fields, number_in
from bench.research.replay import Replay
from bench.research.strategies import StrategyRun
from bench.research.timeline import NEVER
from bench.tapes.market import DEPOSIT_MILLS, PlainMarket, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind
from exchange.limits import limits_named
from exchange.records import COMMAND
from exchange.units import MONEY_MAX

LOW_TICK, HIGH_TICK = 1, 900  # fit into the size "small"
CLOCK = command_fields(CommandKind.CLOCK)


class Market(Replay):
    """Open books of one product and own accounts 1 to `accounts`, each funded with 10^15 mills; at most 1,000 of them,
    because all money is bounded (SPEC-004).

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
        size = limits_named(limits)
        number_in("books", books, 1, size.books)
        number_in("start_ns", start_ns, 0, NEVER)
        number_in("accounts", accounts, 1, min(size.accounts, MONEY_MAX // DEPOSIT_MILLS))
        plain = PlainMarket(low_tick, high_tick, (low_tick + high_tick) // 2, books, accounts)
        tape = market_tape(plain, [np.zeros(0, COMMAND)], {"market": books}, size.name)
        tape.commands["time_ns"] = start_ns
        for control in tape.controls:
            control.row["time_ns"] = start_ns
        super().__init__(tape, latency=latency, accounts=accounts, funds_mills=DEPOSIT_MILLS)
        self._driver.listen = lambda rows: None  # the opening is over when the own side begins to look
        self._driver.advance(self._driver.length)
        self._driver.listen = self._hear
        self._clock()

    def _own_accounts(self, tape: Tape, count: int) -> tuple[int, int]:
        return 1, count

    def run(self, strategy: Any, **arguments: Any) -> StrategyRun:
        """OrderError: a market has no source whose commands or end could pace a strategy."""
        raise OrderError(
            "a Market has no source to run a strategy over: call it in a loop of your own with "
            "advance(until_ns=market.time_ns + step_ns), or give a Replay a source"
        )

    def _pass_time(self, until_ns: int) -> None:
        """Let time pass at the own side and in the engine, which ends what has expired."""
        super()._pass_time(until_ns)
        feed_ns = 0 if self._latency is None else self._latency.feed.ns(self._driver.place, until_ns)
        if until_ns - feed_ns > self._driver.time_ns:
            self._driver.run_own(until_ns - feed_ns, CLOCK)
