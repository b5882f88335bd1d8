"""Statements of accounts: every mill that moved is in one part, of one day, whatever was traded and restarted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.codes import CommandKind, EventKind
from exchange.engine import query
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.daily.statements import Statements
from exchange.publish.instruments import InstrumentTable
from exchange.wire.messages import Ok, Query, StatementView
from tests.gateway.harness import DEPOSIT_MILLS, START_NS, Bench, Peer
from tests.properties.driver import Run
from tests.properties.flow import ACCOUNTS
from tests.properties.test_feed import engine_events
from tests.publish.daily.days import end_day, open_bench
from tests.publish.helpers import event_array


def stated(bench: Bench, account: int) -> tuple[StatementView | None, StatementView]:
    return bench.venue.questions.statements(account)


def parts(view: StatementView) -> tuple[int, ...]:
    return (view.variation_mills, view.fees_mills, view.delivery_mills, view.moved_mills, view.adjusted_mills)


@pytest.mark.rule("SETTLE-013")
def test_a_day_ends_with_its_variation_and_fees_and_the_next_begins_at_nothing(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        price, hours = bench.price, query.instruments(bench.venue.states)[0].hours
        last, today = stated(bench, 2)
        assert last is None and parts(today) == (0, 0, 0, DEPOSIT_MILLS, 0)
        end_day(bench, 1, (price + 10, 4), (price + 13, 2))
        last, today = stated(bench, 2)
        variation, fee = (4 * 1 - 2 * 2) * hours, 6 * 2 * hours  # settled at price + 11; account 2 takes
        assert last is not None
        assert parts(last) == (variation, -fee, 0, DEPOSIT_MILLS, 0)
        assert (last.opening_mills, last.closing_mills) == (0, DEPOSIT_MILLS + variation - fee)
        assert last.initial_margin_mills == query.margin(bench.venue.states, 2).initial_mills > 0
        assert parts(today) == (0,) * 5 and today.opening_mills == today.closing_mills == last.closing_mills
        assert not last.partial and not today.partial and (last.day, today.day) == ("2026-11-18", "")
        bench.opened.deposit(2, 77)
        end_day(bench, 3, (price + 20, 6))
        following, _ = stated(bench, 2)
        assert following is not None and following.day == "2026-11-19"
        assert parts(following) == (6 * 9 * hours, -6 * 2 * hours, 0, 77, 0)
        assert following.opening_mills == last.closing_mills
        assert following.closing_mills == query.margin(bench.venue.states, 2).cash_mills
        other, _ = stated(bench, 3)
        assert other is not None and (other.closing_mills, other.initial_margin_mills) == (DEPOSIT_MILLS, 0)


@pytest.mark.rule("SETTLE-013", "MARGIN-013")
def test_a_statement_has_the_margin_of_working_orders_too(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        bench.connect(bench.keys[3]).ask(bench.order(1, "rests", tif="gtc", price_tick=bench.price - 5))
        end_day(bench, 1, (bench.price + 10, 4))
        last, _ = stated(bench, 3)
        assert last is not None and query.positions(bench.venue.states, 3) == []
        assert last.initial_margin_mills == query.margin(bench.venue.states, 3).initial_mills > 0
        later_ns = bench.clock.now - START_NS
    with open_bench(str(tmp_path), later_ns) as bench:
        again, _ = stated(bench, 3)
        assert again is not None and again.initial_margin_mills == last.initial_margin_mills


@pytest.mark.rule("SETTLE-013", "DUR-154")
@pytest.mark.parametrize("snapshot", [False, True])
def test_a_restart_has_the_same_statements(tmp_path: Path, snapshot: bool) -> None:
    with open_bench(str(tmp_path)) as bench:
        end_day(bench, 1, (bench.price + 10, 4))
        end_day(bench, 2, (bench.price + 20, 6))
        bench.opened.deposit(1, 50)
        if snapshot:
            bench.opened.journal.snapshot(bench.venue.engine)
        before = [stated(bench, account) for account in (1, 2, 3)]
        later_ns = bench.clock.now - START_NS
    with open_bench(str(tmp_path), later_ns) as bench:
        assert [stated(bench, account) for account in (1, 2, 3)] == before


@pytest.mark.rule("SETTLE-013")
def test_a_day_of_which_events_are_gone_says_so(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        for day in range(4):
            end_day(bench, 1 + day, (bench.price + day, 4))
        bench.opened.deposit(1, 50)
        whole, rows = stated(bench, 1), [rows.copy() for rows in bench.venue.history.newest_first()]
        (events,) = rows
        settles = events["sequence"][events["kind"] == EventKind.SETTLED]
        read = []

        def after(sequence: int) -> Statements:
            made = Statements(bench.venue.table, bench.venue.states)
            read.clear()
            pieces = np.split(events, np.flatnonzero(events["sequence"] > sequence)[:1])[1:]
            pieces = [pieces[0][pieces[0]["sequence"] > settles[-2]], pieces[0][pieces[0]["sequence"] <= settles[-2]]]
            made.load(read.append(len(piece)) or piece for piece in pieces)
            return made

        assert (after(0).last(1), after(0).today(1)) == whole
        assert (after(settles[-3]).last(1), after(settles[-3]).today(1)) == whole, "the day before last is not needed"
        cut = after(settles[-2])
        last, today = cut.last(1), cut.today(1)
        assert last is not None and whole[0] is not None and last.partial and today == whole[1]
        assert last.closing_mills == whole[0].closing_mills
        none = after(settles[-1])
        assert none.last(1) is None and none.today(1).partial


@pytest.mark.rule("SETTLE-013")
def test_a_member_asks_for_its_own(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        peer: Peer = bench.connect(bench.keys[2])
        (reply,) = peer.ask(Query(request_id=10, what="statement"))
        assert isinstance(reply, Ok) and reply.statement is None and reply.today == stated(bench, 2)[1]
        end_day(bench, 1, (bench.price + 10, 4))
        peer = bench.connect(bench.keys[2])
        (reply,) = peer.ask(Query(request_id=11, what="statement"))
        assert (reply.statement, reply.today) == stated(bench, 2)


class MoneyRun(Run):
    """A random run of the engine whose events go to statements."""

    def __init__(self, seed: int, weights: dict[str, float] | None = None) -> None:
        self.statements: Statements | None = None
        self.early: list[Any] = []
        self.settlements = 0
        super().__init__(seed, weights, compare_every=1_000_000)
        engine = self.pair.fast.engine
        self.table = InstrumentTable(lambda: query.known_instruments(engine.states))
        self.table.refresh()
        self.statements = Statements(self.table, engine.states)
        self.take(self.early)
        self.closings = dict.fromkeys(ACCOUNTS, 0)
        self.day = self.days_told = self.fees_mills = 0

    def take(self, rows: list[Any]) -> None:
        assert self.statements is not None
        events = event_array(rows)
        self.statements.take(ReleasedBatch(events, 1, 1, 1))

    def do(self, kind: CommandKind, step: Any) -> None:
        if kind == CommandKind.DAY_LIMITS:
            self.settlements += 1
            step = step | {"day": 1_000 + self.settlements}  # of a day of its own
            self.check()
        rows = engine_events(self, kind, step)
        if self.statements is None:
            self.early += rows
            return
        kinds = {row[2] for row in rows}
        if not kinds.isdisjoint((EventKind.INSTRUMENT_LISTED, EventKind.INSTRUMENT_ENDED)):
            self.table.refresh()
        self.take(rows)
        if EventKind.SETTLED in kinds:
            self.check()

    def check(self) -> None:
        """Each day begins where the one before has ended."""
        assert self.statements is not None
        for account in ACCOUNTS:
            last, today = self.statements.last(account), self.statements.today(account)
            if last is None:
                assert today.opening_mills == 0
                continue
            if self.statements.day != self.day:
                assert last.opening_mills == self.closings[account]
            self.closings[account] = last.closing_mills
            self.fees_mills += last.fees_mills
            assert today.opening_mills == last.closing_mills
        self.days_told += self.statements.day != self.day
        self.day = self.statements.day


@pytest.mark.rule("SETTLE-013", "CASCADE-006", "FEE-001")
@pytest.mark.parametrize("seed", range(2))
def test_the_parts_of_any_run_add_up_to_the_cash(seed: int) -> None:
    run = MoneyRun(seed)
    run.days(3, 120)
    run.check()
    assert run.days_told > 1
    assert run.statements is not None
    assert run.fees_mills < 0 and not run.statements.today(1).partial
