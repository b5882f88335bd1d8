"""Positions and margin as they are reported, against a slow model that knows the fills and nothing else."""

from collections import Counter, defaultdict
from typing import Any

import pytest

from exchange.codes import ComboKind, CommandKind
from exchange.engine import query
from exchange.publish.account_views import margin_view, position_views
from exchange.publish.execution_reports import ExecutionReports
from exchange.publish.instruments import InstrumentTable
from exchange.wire.messages import Cash, Fill, Margin, Position, PositionView
from tests.market import property_market
from tests.properties.driver import Run
from tests.properties.flow import ACCOUNTS
from tests.properties.test_feed import engine_events

Figures = tuple[int, int, int, int, int | None]


def outright_market() -> dict[str, Any]:
    """The property market without combinations: a fill says all that it books."""
    market = property_market()
    outrights = [one for one in market["instruments"] if one.get("combo", 0) == ComboKind.OUTRIGHT]
    for index, one in enumerate(outrights, 1):
        one["index"] = index
    return market | {"instruments": outrights}


class FillRun(Run):
    """A random run whose account streams feed the model. Its instruments do not end: it knows positions by fills."""

    lives = False

    def __init__(self, seed: int) -> None:
        self.table: InstrumentTable | None = None
        super().__init__(seed, compare_every=1_000_000, market=outright_market())
        self.states = self.pair.fast.engine.states
        self.table = InstrumentTable(lambda: query.known_instruments(self.states))
        self.table.refresh()
        self.reports = ExecutionReports(self.table)
        self.fills: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)  # signed lots, price
        self.cash = {account: query.margin(self.states, account).cash_mills for account in ACCOUNTS}
        self.due: Counter[int] = Counter()  # what a settlement owes and has not said yet
        self.told: dict[tuple[int, int], Position] = {}

    def do(self, kind: CommandKind, step: Any) -> None:
        if self.table is None:
            super().do(kind, step)
            return
        rows = engine_events(self, kind, step)
        self.table.refresh()
        if kind == CommandKind.MARK and isinstance(step, dict) and step.get("pays"):
            self.settle(self.table.ids)
        if kind == CommandKind.DAY_LIMITS:
            self.settle([self.table.ids[one["index"]] for one in step["books"]])
        for _, _, message in self.reports.messages(rows):
            self.take(message)
        assert not self.due, "every gain of a settlement is paid with it"

    def settle(self, instruments: list[int]) -> None:
        """Pay the gains of positions at the new marks. What is held counts from there, as if bought at the mark."""
        for account, instrument in [key for key in self.fills if key[1] in instruments]:
            lots, _, mark, unrealised, realised = self.model(account, instrument)
            self.due[account] += unrealised + (realised or 0)
            self.fills[account, instrument] = [(lots, mark)] if lots else []
        self.due = Counter({account: gain for account, gain in self.due.items() if gain})
        self.seen["paid"] += len(self.due)

    def take(self, message: Any) -> None:
        if isinstance(message, Fill):
            lots = message.lots if message.side == "b" else -message.lots
            self.fills[message.account, message.instrument].append((lots, message.price_tick))
            self.cash[message.account] -= message.fee_mills
        elif isinstance(message, Cash):
            if message.reason == "variation":
                assert message.amount_mills == self.due.pop(message.account)
            self.cash[message.account] += message.amount_mills
        elif isinstance(message, Position):
            assert figures(message) == self.model(message.account, message.instrument)
            self.told[message.account, message.instrument] = message
            self.seen["flat" if not message.lots else "long" if message.lots > 0 else "short"] += 1
        elif isinstance(message, Margin):
            assert message.equity_mills == self.equity(message.account)

    def model(self, account: int, instrument: int) -> Figures:
        """Fill by fill: what is held, what was paid for it, and what each lot has gained since at the mark."""
        row = self.table.row(self.table.index_of(instrument))  # type: ignore[union-attr]
        fills = self.fills[account, instrument]
        lots, paid = sum(lots for lots, _ in fills), sum(lots * price for lots, price in fills)
        mark = self.pair.reference.clearing.marks[row.index]
        gain = sum(lots * (mark - price) * row.hours for lots, price in fills)
        return lots, paid, mark, gain if lots else 0, None if lots else gain

    def equity(self, account: int) -> int:
        mine = [self.model(*key) for key in self.fills if key[0] == account]
        return self.cash[account] + sum(unrealised + (realised or 0) for _, _, _, unrealised, realised in mine)

    def compare(self) -> None:
        if self.table is not None:
            self.check_views()

    def check_views(self) -> None:
        for account in ACCOUNTS:
            views = position_views(self.states, self.table, account)  # type: ignore[arg-type]
            shown = {view.instrument: figures(view) for view in views}
            model = {key[1]: self.model(*key) for key in self.fills if key[0] == account}
            assert shown == {instrument: one for instrument, one in model.items() if one[0] or one[1]}
            margin = margin_view(self.states, account)
            assert margin.equity_mills == self.equity(account)
            assert margin.equity_mills == self.cash[account] + sum(
                view.unrealised_mills + (view.realised_mills or 0) for view in views
            )


def figures(view: Position | PositionView) -> Figures:
    return view.lots, view.value_tick_lots, view.mark_tick, view.unrealised_mills, view.realised_mills


@pytest.mark.rule("ACCT-004", "ACCT-002", "SETTLE-007", "SETTLE-012")
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_positions_say_what_the_fills_add_up_to(seed: int) -> None:
    run = FillRun(seed)
    for _ in range(6):
        run.days(1, 300)
    assert min(run.seen[name] for name in ("flat", "long", "short", "paid")) > 0, run.seen
