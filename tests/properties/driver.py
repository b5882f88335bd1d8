"""Runs a random flow through reference and engine side by side."""

from collections import Counter
from typing import Any

from exchange.book.check import check_books, check_fast_path
from exchange.clearing_codes import Life
from exchange.codes import CommandKind, EventKind, MarketState
from exchange.conformance.venues import EngineVenue
from exchange.engine import query
from exchange.engine.calls.requirement import margin_parts
from exchange.reference.rows import Command
from tests.properties.collars import collar_edges
from tests.properties.day_invariants import fold_block, fold_calls, fold_day_limits, fold_endings, fold_variation
from tests.properties.features import Features
from tests.properties.flow import WEIGHTS, Flow
from tests.properties.funds import Funds
from tests.properties.invariants import Ledger
from tests.properties.life_flow import life_control, parent_of
from tests.properties.tape import chunks
from tests.venues import Pair

# Controls after which an account may be short of funds by no order of its own.
MOVES_FUNDS = (
    CommandKind.DAY_LIMITS, CommandKind.MARK, CommandKind.EXPIRE, CommandKind.CASCADE, CommandKind.MARGIN,
)  # fmt: skip


def continuous() -> dict[str, float]:
    """Trading and little else."""
    return {"new": 70, "cancel": 10, "replace": 16, "cash": 1, "back": 3}


def tight_auctions() -> dict[str, float]:
    """What members do while a book collects orders."""
    return {"new": 80, "cancel": 6, "replace": 12, "indicative": 2}


class Run:
    """A pair, a flow, and what has been seen so far. `lives`: instruments end between days."""

    lives = True

    def __init__(
        self,
        seed: int,
        weights: dict[str, float] | None = None,
        compare_every: int = 25,
        market: dict[str, Any] | None = None,
        crowd: int = 0,
    ) -> None:
        self._begin(seed, weights, compare_every, market)
        for kind, step in [*self.flow.openings(), *self.flow.bystanders(crowd)]:
            self.do(kind, step)

    @classmethod
    def blank(cls) -> "Run":
        """A run that nothing has happened in."""
        run = cls.__new__(cls)
        run._begin(0, None, 1, None)
        return run

    def _begin(
        self, seed: int, weights: dict[str, float] | None, compare_every: int, market: dict[str, Any] | None
    ) -> None:
        self.pair, self.flow, self.ledger = Pair(), Flow(seed, weights, market), Ledger()
        self.compare_every = compare_every
        self.weights = weights or WEIGHTS
        self.features = Features()
        self.funds = Funds()

    @property
    def seen(self) -> Counter[str]:
        """How often each feature was reached."""
        return self.features.seen

    @property
    def commands(self) -> int:
        """How many commands were compared, controls among them."""
        return len(self.pair.history)

    def go(self, count: int) -> None:
        for number in range(1, count + 1):
            self.do(*self.flow.next(self.pair.reference))
            if number % self.compare_every == 0:
                self.compare()
        self.compare()

    def auctions(self, count: int) -> None:
        """Uncross the first group so many times, from one collecting state or the other."""
        for state in (MarketState.CLOSED, MarketState.PREOPEN, MarketState.OPEN):
            self.do(CommandKind.SET_STATE, self.flow.state_row(group=1, state=state))
        for number in range(count):
            self.collect(MarketState.RESERVED if number % 2 else MarketState.PAUSED, tight_auctions(), 60)

    def days(self, count: int, commands: int) -> None:
        """Trade, close, settle at new limits, open again: so many days of the first group."""
        for number in range(count):
            for payload in ({"min_lots": 1 + number % 3}, {"pays": True, "day": self.next_noon()}):
                self.go(commands // 2)
                self.do(CommandKind.MARK, payload)
                self.compare()
            for state in (MarketState.OPEN, MarketState.CLOSED):
                self.do(CommandKind.SET_STATE, self.flow.state_row(group=1, state=state))
            if self.pair.reference.phases.groups[1].state == MarketState.CLOSED:
                self.do(CommandKind.DAY_LIMITS, self.flow.day_limits(self.pair.reference))
                if self.lives and self.flow.chance(0.6):
                    self._live_on()
                self.compare()
                check_books(self.pair.fast.engine.states)
            for state in (MarketState.PREOPEN, MarketState.OPEN):
                self.do(CommandKind.SET_STATE, self.flow.state_row(group=1, state=state))

    def _live_on(self) -> None:
        """Instruments end or come back, once the variation of all positions is paid."""
        self.do(CommandKind.MARK, {"pays": True, "day": self.next_noon()})
        for _ in range(int(self.flow.rng.integers(1, 4))):
            self.do(*life_control(self.flow, self.pair.reference))
        number = parent_of(self.flow)
        parent = self.pair.reference.clearing.instruments.get(number)
        self.flow.more = [number] * 2 if parent and parent.life == Life.LISTED else []

    def next_noon(self) -> int:
        """The first day, since 1970, whose noon has not been run."""
        return 1 + int(self.pair.fast.engine.states["variation_day"][0])

    def collect(self, state: MarketState, weights: dict[str, float], count: int) -> None:
        """Stop matching in the first group, collect orders, open through the uncross."""
        self.flow.weigh(weights)
        self.do(CommandKind.SET_STATE, self.flow.state_row(group=1, state=state))
        self.go(count)
        self.do(CommandKind.SET_STATE, self.flow.state_row(group=1, state=MarketState.OPEN))
        self.flow.weigh(self.weights)

    def compare(self) -> None:
        self._check_scratch()
        self.pair.compare_books()
        self.pair.compare_accounts()
        self.pair.compare_sessions()
        self.pair.reference.clearing.check()
        self.funds.check(self.pair.reference)
        self._check_holds()

    def _check_holds(self) -> None:
        """MARGIN-013: the engine's hold covers its full margin, credits between commodities left out."""
        states = self.pair.fast.engine.states
        for account in self.pair.reference.clearing.accounts:
            parts, held = margin_parts(states[0], account), query.margin(states, account).initial_mills
            assert parts.total + parts.inter <= held, f"account {account} holds {held}, full margin asks for {parts}"

    def replay(self) -> None:
        """The same rows in a few large batches give the same events and leave the same bytes (INV-020)."""
        pair, events = self.pair, []
        other = EngineVenue(pair.limits)
        cuts = {int(place) for place in self.flow.rng.integers(0, len(pair.history), 8)}
        for part in chunks(pair.history, cuts):
            events += other.apply_all(part) if isinstance(part, list) else other.control(*part)
        assert events == pair.events, f"{len(events)} events in batches, {len(pair.events)} one by one"
        assert other.engine.state_hash() == pair.fast.engine.state_hash(), "state hash in batches"

    def _check_scratch(self) -> None:
        """TIF-003: what a dry run counts and notes is gone with it."""
        states = self.pair.fast.engine.states
        assert not states["scratch"].any() and not states["shares"].any(), "scratch tables are empty between commands"
        tried = ("dry_run_mark", "next_dry_run", "dry_lots", "dry_fills", "dry_delta", "dry_hours")
        assert not any(states["protections"][name].any() for name in tried), "a dry run leaves no trace"

    def do(self, kind: CommandKind, step: Any, time_ns: int = 0) -> None:
        """One step of the flow: a row, or the payload of a control and its time."""
        self._do(kind, step, time_ns)
        check_fast_path(self.pair.fast.engine.states)

    def _do(self, kind: CommandKind, step: Any, time_ns: int) -> None:
        if isinstance(step, dict):
            market, control = self.pair.reference, Command(kind=kind)
            self.ledger.before(market, control)
            events = self.pair.control(kind, step, time_ns)
            # Events of a mass quote that ends here carry its own sequence (QUOTE-008).
            self.ledger.after(market, control, [event for event in events if event.sequence])
            self.features.control(kind, events)
            if kind == CommandKind.DAY_LIMITS:
                fold_day_limits(self.ledger, events)
            if kind == CommandKind.MARK:
                fold_variation(self.ledger, events)
            if kind in (CommandKind.EXPIRE, CommandKind.CASCADE):
                fold_endings(self.ledger, events)
            if kind == CommandKind.MARGIN:
                fold_calls(self.ledger, events)
            if kind == CommandKind.BLOCK:
                fold_block(self.ledger, events)
            if kind in MOVES_FUNDS:
                self.funds.settled(market)
            return
        market = self.pair.reference
        self.features.before(market, step)
        self.ledger.before(market, step)
        self.funds.before(market, step)
        self.ledger.edges = edges = collar_edges(market)
        events = self.pair.apply(step)
        self.ledger.after(market, step, events)
        self.features.after(market, step, events)
        if self.funds.after(market, step):
            self.seen[f"{kind.name} only closes"] += 1
        self.seen["CLAMPED"] += sum(
            event.kind == EventKind.UNCROSSED and event.uncross_tick in edges.get(event.instrument, ())
            for event in events
        )
