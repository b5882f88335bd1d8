"""A Hypothesis state machine that drives reference and engine through the same commands, shrinking what differs.

After every command the ledger is zero and the positions of each instrument sum to zero (`check_ledger`).
"""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from exchange.clearing_codes import Life
from exchange.codes import CommandFlag, CommandKind, KillParty, MarketState, Scope
from exchange.engine.calls.liquidation import closing_orders
from exchange.engine.control.checks import ControlError
from exchange.reference.controls.block import block_refusal
from exchange.reference.rows import Command
from exchange.units import NS_PER_MS, NS_PER_S
from tests.market import MONTH, account_payload, collared_market, property_market
from tests.properties.driver import Run
from tests.properties.life_flow import life_control
from tests.strategies import (
    PLAIN_ORDERS,
    PRICES,
    SPREAD_PRICES,
    STATES,
    client_words,
    mass_cancels,
    mass_quotes,
    new_orders,
    replaces,
    thresholds,
)

FUNDS = {1: 10**12, 2: 1_500_000, 3: 10**11}
OUTRIGHTS = (1, 2, 3, 9)
ACCOUNTS = list(FUNDS)
CLOSING_FIELDS = ("account", "instrument", "side", "price", "lots", "flags", "order_type", "tif")
STATE_FLAGS = (int(CommandFlag.FORCE), int(CommandFlag.CLAMP))
BOOKS = {1: PRICES, 2: PRICES, 4: SPREAD_PRICES, 6: PRICES}


class BothBooks(RuleBasedStateMachine):
    """One market, three accounts of which one is short of money, one of position limits."""

    market = staticmethod(property_market)

    def __init__(self) -> None:
        super().__init__()
        self.run = Run.blank()
        self.sequence = self.later_ns = self.listings = 0

    def _row(self, **fields: Any) -> None:
        self.sequence += 1
        known = {"sequence": self.sequence, "request_id": self.sequence, "session": self.sequence % 3 + 1}
        command = Command(**{**known, "time_ns": self.later_ns + self.sequence, **fields})
        self.run.do(CommandKind(command.kind), command)

    @initialize()
    def open_the_market(self) -> None:
        self.run.do(CommandKind.LIST, self.market())
        for number, funds in FUNDS.items():
            limits = {"maxpos": 12} if number == 3 else {}
            self.run.do(CommandKind.DEFINE_ACCOUNT, account_payload(number, limits))
            self._row(kind=CommandKind.DEPOSIT, account=number, amount_mills=funds)
        for state in (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN):
            self._row(kind=CommandKind.SET_STATE, group=1, market_state=state)

    @rule(orders=st.lists(new_orders(ACCOUNTS, BOOKS), min_size=1, max_size=5))
    def enter(self, orders: list[dict[str, Any]]) -> None:
        for fields in orders:
            self._row(**fields)

    @rule(pick=st.integers(0, 40), fields=replaces(PRICES), by_name=st.booleans())
    def replace(self, pick: int, fields: dict[str, Any], by_name: bool) -> None:
        self._row(**self._target(pick, by_name), **fields)

    @rule(pick=st.integers(0, 40), by_name=st.booleans())
    def cancel(self, pick: int, by_name: bool) -> None:
        self._row(kind=CommandKind.CANCEL, **self._target(pick, by_name))

    def _target(self, pick: int, by_name: bool) -> dict[str, Any]:
        orders = list(self.run.pair.reference.orders.values())
        if pick >= len(orders):
            return {"account": 1, "order_id": (1 << 24) + pick}
        order = orders[pick]
        if by_name and order.client_order_id[0]:
            words = {f"client_order_id_{place}": word for place, word in enumerate(order.client_order_id)}
            return {"account": order.account, **words}
        return {"account": order.account, "order_id": order.order_id}

    @rule(fields=mass_cancels(ACCOUNTS, list(BOOKS)))
    def cancel_all(self, fields: dict[str, Any]) -> None:
        self._row(**fields)

    @rule(state=STATES, index=st.sampled_from([0, 0, 1, 4]), flags=st.sampled_from([0, 0, *STATE_FLAGS]))
    def change_state(self, state: MarketState, index: int, flags: int) -> None:
        group = 0 if index else 1
        self._row(kind=CommandKind.SET_STATE, market_state=state, instrument=index, group=group, flags=flags)

    @rule(orders=PLAIN_ORDERS, index=st.sampled_from([0, 1]), flags=st.sampled_from([0, 0, int(CommandFlag.CLAMP)]))
    def open_from_an_auction(self, orders: list[tuple[int, int, int]], index: int, flags: int) -> None:
        """Of the group or one book; what is closed or halted comes back first."""
        group = 0 if index else 1
        for state in (MarketState.PREOPEN, MarketState.OPEN, MarketState.PAUSED):
            self._row(kind=CommandKind.SET_STATE, market_state=state, group=group, instrument=index)
        for number, (side, price, lots) in enumerate(orders):
            fields = {"account": ACCOUNTS[number % 2 * 2], "instrument": 1, "side": side, "price": price, "lots": lots}
            self._row(kind=CommandKind.NEW, **fields)
        self._row(kind=CommandKind.SET_STATE, market_state=MarketState.OPEN, group=group, instrument=index, flags=flags)

    @rule(
        index=st.sampled_from(list(BOOKS)), moved=st.integers(-3, 3), width=st.sampled_from([4, 20]),
        increment=st.sampled_from([{}, {"min_inc": 1}, {"min_inc": 2}, {"min_inc": 5}]),
    )  # fmt: skip
    def begin_a_new_day(self, index: int, moved: int, width: int, increment: dict[str, int]) -> None:
        """One book gets other terms, if the group is where it may be closed."""
        self._row(kind=CommandKind.SET_STATE, market_state=MarketState.CLOSED, group=1)
        is_listed = self.run.pair.fast.engine.states["books"]["life"][0, index] == Life.LISTED
        if is_listed and self.run.pair.reference.phases.groups[1].state == MarketState.CLOSED:
            settle = self.run.pair.reference.clearing.instruments[index].settle_tick + moved
            limits = {"index": index, "settle_tick": settle, "low_tick": settle - width, "high_tick": settle + width}
            self.run.do(CommandKind.DAY_LIMITS, {"books": [{**limits, **increment}], "by_two": True})
        self._row(kind=CommandKind.SET_STATE, market_state=MarketState.PREOPEN, group=1)

    @rule(
        account=st.sampled_from(ACCOUNTS), entries=mass_quotes(BOOKS), number=st.sampled_from([0, 1]),
        limits=st.one_of(st.none(), thresholds()), takers=st.lists(new_orders(ACCOUNTS, BOOKS), max_size=3),
    )  # fmt: skip
    def quote(
        self,
        account: int,
        entries: list[dict[str, Any]],
        number: int,
        limits: dict[str, Any] | None,
        takers: list[dict[str, Any]],
    ) -> None:
        """A mass quote, sometimes under new thresholds, and the order that comes next."""
        if limits is not None:
            self._row(**limits, account=account, smp_id=1)
        for place, fields in enumerate(entries):
            more = CommandFlag.MORE if place + 1 < len(entries) else 0
            self._row(**fields, account=account, smp_id=number, flags=int(more), request_id=self.sequence + 1)
        for fields in takers:
            self._row(**fields)

    @rule(pays=st.booleans(), least=st.integers(1, 3))
    def mark(self, pays: bool, least: int) -> None:
        """Of the minute, or of noon with variation."""
        terms = {"pays": True, "day": self.run.next_noon()} if pays else {"min_lots": least}
        self.run.do(CommandKind.MARK, terms)

    @rule(
        addon=st.sampled_from([[], [(1, MONTH + 1)], [(1, MONTH + 3), (2, MONTH + 1)]]),
        maintenance_bp=st.sampled_from([8_000, 10_000]), is_due=st.booleans(),
    )  # fmt: skip
    def call_for_margin(self, addon: list[tuple[int, int]], maintenance_bp: int, is_due: bool) -> None:
        """Calls are due at once or not in this run; what is liquidated takes what the books show."""
        terms = {"addon": addon, "maintenance_bp": maintenance_bp, "call_ns": 1 if is_due else NS_PER_S}
        self.run.do(CommandKind.MARGIN, terms, self.later_ns + self.sequence)
        for row in closing_orders(self.run.pair.fast.engine.states):
            self._row(kind=CommandKind.NEW, **{name: int(row[name]) for name in CLOSING_FIELDS})

    @rule(
        index=st.sampled_from(OUTRIGHTS), lots=st.integers(1, 40), price=PRICES,
        sides=st.permutations(ACCOUNTS), fee=st.sampled_from([0, 3]),
    )  # fmt: skip
    def report_a_block(self, index: int, lots: int, price: int, sides: list[int], fee: int) -> None:
        payload = {
            "instrument": index, "lots": lots, "tick": price, "buyer": sides[0], "seller": sides[1], "made_ns": 0,
            "now_ns": 0, "lots_min": 5, "report_ns": 1, "fee_mills": fee,
        }  # fmt: skip
        reason, found = block_refusal(self.run.pair.reference, payload), ""
        try:
            self.run.pair.fast.engine.check_control(CommandKind.BLOCK, msgspec.json.encode(payload))
        except ControlError as error:
            found = str(error).split(":")[0]
        assert found == reason
        if not reason:
            self.run.do(CommandKind.BLOCK, payload)

    @rule(seed=st.integers(0, 99), twice=st.booleans())
    def end_instruments(self, seed: int, twice: bool) -> None:
        """Months expire, a parent cascades, or what has ended is listed again, if the group may be closed."""
        self._row(kind=CommandKind.SET_STATE, market_state=MarketState.CLOSED, group=1)
        run = self.run
        if run.pair.reference.phases.groups[1].state == MarketState.CLOSED:
            run.do(CommandKind.MARK, {"pays": True, "day": run.next_noon()})
            run.flow.market, run.flow.rng = self.market(), np.random.default_rng(seed)
            for _ in range(1 + twice):
                self.listings += 1
                run.flow.sequence = self.listings  # a symbol of its own for each listing
                run.do(*life_control(run.flow, run.pair.reference))
        self._row(kind=CommandKind.SET_STATE, market_state=MarketState.PREOPEN, group=1)

    @rule(account=st.sampled_from(ACCOUNTS))
    def arm_again(self, account: int) -> None:
        self._row(kind=CommandKind.MMP_RESET, account=account, protection_number=1)

    @rule(number=st.sampled_from(ACCOUNTS), mills=st.sampled_from([1, 30_000, 10**6]), out=st.booleans())
    def move_cash(self, number: int, mills: int, out: bool) -> None:
        kind = CommandKind.WITHDRAW if out else CommandKind.DEPOSIT
        self._row(kind=kind, account=number, amount_mills=mills)

    @rule(number=st.sampled_from(ACCOUNTS), scope=st.sampled_from(Scope), party=st.sampled_from(KillParty))
    def kill(self, number: int, scope: Scope, party: KillParty) -> None:
        self._row(kind=CommandKind.KILL, account=number, scope=scope, killed_firm=number, kill_party=party)

    @rule(number=st.sampled_from(ACCOUNTS), scope=st.sampled_from(Scope), party=st.sampled_from(KillParty))
    def lift_a_kill(self, number: int, scope: Scope, party: KillParty) -> None:
        self._row(kind=CommandKind.UNKILL, account=number, scope=scope, killed_firm=number, kill_party=party)

    @rule(number=st.sampled_from(ACCOUNTS), flags=st.integers(0, 3))
    def disconnect(self, number: int, flags: int) -> None:
        self._row(kind=CommandKind.DISCONNECT, account=number, session=number, flags=flags)

    @rule(number=st.sampled_from(ACCOUNTS), ms=st.sampled_from([0, 1, 2]))
    def set_a_timer(self, number: int, ms: int) -> None:
        self._row(kind=CommandKind.TIMER, account=number, delay_ms=ms)

    @rule()
    def let_the_clock_reach_all_timers(self) -> None:
        self.later_ns += 2 * NS_PER_MS
        self._row(kind=CommandKind.CLOCK)

    @rule()
    def let_time_end_orders(self) -> None:
        self._row(kind=CommandKind.CLOCK)

    @rule(index=st.sampled_from(list(BOOKS)))
    def ask_for_the_indicative_price(self, index: int) -> None:
        self._row(kind=CommandKind.INDICATIVE, instrument=index)

    @rule(name=st.sampled_from(["order-1", "order-2"]))
    def cancel_a_name_that_may_be_free(self, name: str) -> None:
        self._row(kind=CommandKind.CANCEL, account=1, **client_words(name))

    @invariant()
    def both_hold_the_same(self) -> None:
        self.run.compare()


class BothBooksWithCollars(BothBooks):
    """The same where auctions are extended and open at the edge of their collars."""

    market = staticmethod(collared_market)


TestBothBooks = pytest.mark.rule("INV-024")(BothBooks.TestCase)
TestBothBooks.settings = settings(max_examples=25, stateful_step_count=30)

TestBothBooksWithCollars = pytest.mark.rule("AUC-014")(BothBooksWithCollars.TestCase)
TestBothBooksWithCollars.settings = settings(max_examples=12, stateful_step_count=30)
