"""What an account's margin would be is what the engine and the slow clearing house make of it (MARGIN-018)."""

from collections import Counter
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from exchange.codes import CommandKind, EventKind, MarketState, OrderType, PostOnly, RejectReason, Side, TimeInForce
from exchange.conformance.venues import EngineVenue
from exchange.engine import query
from exchange.engine.calls.requirement import margin_by_commodity
from exchange.engine.calls.what_if import HypotheticalOrder, OrderOutcome, Outlook, WhatIf
from exchange.engine.engine import Engine
from exchange.reference.clearing import Clearing, Position
from exchange.reference.rows import Command
from tests.funded import F27, G27, HIGH, LOW, MARK, SPREAD, TERM, Funded
from tests.properties.driver import Run
from tests.properties.flow import WEIGHTS
from tests.properties.requirement import required_mills

WHAT_IF = WhatIf()
FREE_MILLS = 200_000  # the margin of about ten lots of a month
# What an accepted order may meet at once, so that the account holds something else than for an order that works.
CHANGES = (EventKind.FILL, EventKind.ORDER_CANCELLED, EventKind.SELF_MATCH_DECREMENTED)
OF_RISK = (RejectReason.CLOSE_ONLY, RejectReason.POSITION, RejectReason.INSUFFICIENT_MARGIN)


def wanted(command: Any) -> HypotheticalOrder:
    return HypotheticalOrder(command.instrument, command.side, command.price, command.lots)


def compare(outcome: OrderOutcome, told: Any) -> str:
    """Compare an outcome with the first event of the same order; returns what was compared."""
    if told.kind == EventKind.ORDER_ACCEPTED:
        assert outcome.reason == RejectReason.NONE, (outcome, told)
        return "only closes" if outcome.needed_mills > outcome.free_margin_mills else "ACK"
    if told.reason not in OF_RISK:
        return "another reason"
    assert outcome.reason == told.reason, (outcome, told)
    if told.reason == RejectReason.INSUFFICIENT_MARGIN:
        assert (outcome.needed_mills, outcome.free_margin_mills) == (told.needed_mills, told.free_margin_mills)
    return RejectReason(told.reason).abbreviation


def may_ask(states: np.ndarray, command: Any) -> bool:
    """Whether a command is an order of the kind that can be hypothetical."""
    if (command.kind, command.order_type) != (CommandKind.NEW, OrderType.LIMIT) or command.side >= len(Side):
        return False
    known = command.account in query.accounts(states) and 0 < command.instrument <= states["books_listed"][0]
    return bool(known) and command.lots >= 1 and command.post_only != PostOnly.SLIDE


class Asked(EngineVenue):
    """Asks before each limit order what would become of it, and compares with what becomes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    def apply(self, command: Any) -> list[Any]:
        states = self.engine.states
        if states["cursor"]["run"][0] or not may_ask(states, command):
            return super().apply(command)
        before = states.tobytes() if command.sequence % 50 == 0 else b""
        outlook = WHAT_IF.ask(states, command.account, orders=[wanted(command)])
        assert not before or states.tobytes() == before, "a question changes nothing"
        told = super().apply(command)
        self.seen[compare(outlook.outcomes[0], told[0])] += 1
        if outlook.outcomes[0].reason != RejectReason.NONE or told[0].kind != EventKind.ORDER_ACCEPTED:
            return told
        if not any(event.kind in CHANGES for event in told[1:]):
            assert outlook.money == query.margin(states, command.account), "an order that works holds what was told"
            self.seen["money"] += 1
        return told


def traded(seed: int, commands: int, engine: EngineVenue | None = None) -> Run:
    """A market after so many random commands of accounts with little money. `engine`: applies them."""
    run = Run.blank()
    run._begin(seed, {**WEIGHTS, "cancel": 20, "state": 5}, 1_000, None)
    run.pair.fast = engine or run.pair.fast  # type: ignore[assignment]
    for kind, step in run.flow.openings():
        run.do(kind, step)
    run.go(commands)
    return run


def poor(seed: int, commands: int) -> Run:
    """As `traded`; then all books open, and accounts pay out all but what a few lots need."""
    run = traded(seed, commands)
    for group in (1, 2):
        for state in (MarketState.CLOSED, MarketState.PREOPEN, MarketState.OPEN):
            run.do(CommandKind.SET_STATE, run.flow.state_row(group=group, state=state))
    for account in (1, 2, 3, 4):
        free = query.margin(run.pair.fast.engine.states, account).free_margin_mills
        if free > FREE_MILLS:
            fields = {"account": account, "amount_mills": free - FREE_MILLS}
            run.do(CommandKind.WITHDRAW, run.flow.stamp(CommandKind.WITHDRAW, **fields))
    return run


def ask_before(seed: int, commands: int) -> Counter[str]:
    asked = Asked()
    traded(seed, commands, asked)
    return asked.seen


@pytest.mark.rule("MARGIN-018", "MARGIN-013", "MARGIN-015", "MARGIN-016")
@pytest.mark.parametrize("seed", [1, 2])
def test_an_order_gets_the_answer_that_was_told_before_it_came(seed: int) -> None:
    seen = ask_before(seed, 3_000)
    assert min(seen[name] for name in ("ACK", "RISK", "money")) > 20, seen
    assert min(seen[name] for name in ("POSITION", "CLOSE_ONLY", "only closes")) > 1, seen


def orders_of(rng: np.random.Generator, run: Run, account: int) -> list[Any]:
    """Orders of every kind of book that nothing but risk refuses, at prices where they do not trade."""
    found = []
    for number in range(int(rng.integers(1, 6))):
        index = int(rng.choice([1, 2, 3, 4, 5, 6, 7, 9]))
        row, side = query.instruments(run.pair.fast.engine.states)[index - 1], int(rng.integers(2))
        assert row.index == index
        price = row.low_tick if side == Side.BUY else row.high_tick
        found.append(
            Command(
                kind=CommandKind.NEW, account=account, instrument=index, side=side, lots=int(rng.integers(1, 6)),
                price=price // row.min_inc * row.min_inc, tif=TimeInForce.GTC, post_only=PostOnly.REJECT,
                sequence=run.pair.fast.engine.sequence + 1 + number, time_ns=run.pair.fast.engine.time_ns,
            )
        )  # fmt: skip
    return found


@pytest.mark.rule("MARGIN-018")
@pytest.mark.parametrize("seed", [3, 4])
def test_orders_that_pass_count_when_the_next_is_checked(seed: int) -> None:
    """The same orders, one after the other, on a copy of the engine."""
    run, rng, seen = poor(seed, 800), np.random.default_rng(seed), Counter[str]()
    states = run.pair.fast.engine.states
    before = run.pair.fast.engine.state_hash()
    for number in range(60):
        account = 1 + number % 4
        commands = orders_of(rng, run, account)
        copy = EngineVenue()
        copy.engine = Engine(states=states.copy(), limits=run.pair.limits)
        told = [copy.apply(command)[0] for command in commands]
        kept = [command for command, event in zip(commands, told, strict=True) if is_of_risk(event)]
        outlook = WHAT_IF.ask(states, account, orders=[wanted(command) for command in kept])
        answers = [event for event in told if is_of_risk(event)]
        seen += Counter(map(compare, outlook.outcomes, answers))
        assert outlook.money == query.margin(copy.engine.states, account)
    assert run.pair.fast.engine.state_hash() == before
    assert seen["ACK"] > 50 and seen["RISK"] > 5, seen


def is_of_risk(event: Any) -> bool:
    return event.kind == EventKind.ORDER_ACCEPTED or event.reason in OF_RISK


def hold_more(clearing: Clearing, account: int, more: list[tuple[int, int]]) -> None:
    """Give an account lots of books, or of their legs, at the mark."""
    for index, lots in more:
        for leg, sign in clearing.instruments[index].legs:
            position = clearing.accounts[account].positions.setdefault(leg, Position())
            position.lots += sign * lots
            position.open_value_tick_lots += sign * lots * clearing.marks[leg]


def ask_with_lots(seed: int, commands: int, questions: int) -> Counter[str]:
    """Ask with hypothetical lots after so many random commands. They are booked at the mark in a copy of the reference,
    which then takes the same orders."""
    run, rng, seen = poor(seed, commands), np.random.default_rng(seed), Counter[str]()
    states = run.pair.fast.engine.states
    before = run.pair.fast.engine.state_hash()
    for number in range(questions):
        account = 1 + number % 4
        more = [(int(rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9])), int(rng.integers(-6, 7))) for _ in range(3)]
        slow = deepcopy(run.pair.slow)
        clearing = slow.market.clearing
        hold_more(clearing, account, more)
        told = [(slow.apply(command)[0], wanted(command)) for command in orders_of(rng, run, account)]
        told = [(event, order) for event, order in told if is_of_risk(event)]
        outlook = WHAT_IF.ask(states, account, more, [order for _, order in told])
        seen += Counter(map(compare, outlook.outcomes, [event for event, _ in told]))
        owner = clearing.accounts[account]
        assert outlook.money.initial_mills == slow.market.initial_margin_mills(owner)
        assert outlook.money.free_margin_mills == clearing.funds_mills(owner) - outlook.money.initial_mills
        parts, total = margin_by_commodity(states[0], account, more)
        assert (
            sum(part.total for part in parts.values()) == total.total + total.inter == required_mills(clearing, owner)
        )
    assert run.pair.fast.engine.state_hash() == before
    return seen


@pytest.mark.rule("MARGIN-018", "MARGIN-001", "MARGIN-013", "MARGIN-015")
@pytest.mark.parametrize("seed", [5, 6])
def test_hypothetical_lots_cost_what_the_slow_clearing_house_says(seed: int) -> None:
    seen = ask_with_lots(seed, 600, 40)
    assert seen["ACK"] > 20 and seen["RISK"] > 5, seen


@pytest.fixture
def market() -> Funded:
    """Account 1 is long ten lots of F27, and works a buy of two."""
    market = Funded(taker_fee=2)
    market.account(1, 4_000_000)
    market.trade(1, Side.BUY, 10, MARK)
    assert market.new(1, Side.BUY, 2, MARK - 10) == "ACK"
    return market


def ask(market: Funded, more: list[tuple[int, int]], *orders: HypotheticalOrder) -> Outlook:
    return WHAT_IF.ask(market.pair.fast.engine.states, 1, more, orders)


@pytest.mark.rule("MARGIN-018")
def test_without_anything_hypothetical_it_is_the_account_as_it_is(market: Funded) -> None:
    money = query.margin(market.pair.fast.engine.states, 1)
    assert ask(market, []) == (money, [])
    assert WHAT_IF.ask(market.pair.fast.engine.states, 9).money == query.margin(market.pair.fast.engine.states, 9)
    assert ask(market, []).money == money, "an account that was asked about in between leaves nothing behind"


@pytest.mark.rule("MARGIN-018", "MARGIN-016")
def test_an_order_that_only_closes_passes_without_free_funds(market: Funded) -> None:
    """A loss of the day has used up the money: what closes passes, and one lot more is refused with its figures."""
    market.settle(MARK - 500, F27, G27)
    sell, more = HypotheticalOrder(F27, Side.SELL, LOW, 10), HypotheticalOrder(F27, Side.SELL, MARK - 500, 1)
    closing, opening = ask(market, [], sell, more).outcomes
    assert closing.reason == RejectReason.NONE and closing.only_closes
    assert closing.needed_mills > closing.free_margin_mills < 0
    assert opening.reason == RejectReason.INSUFFICIENT_MARGIN and not opening.only_closes


@pytest.mark.rule("MARGIN-018")
def test_hypothetical_lots_have_no_gain_and_no_loss(market: Funded) -> None:
    market.settle(MARK + 7, F27, G27)
    now, then = ask(market, []).money, ask(market, [(G27, 3), (SPREAD, -2)]).money
    assert (then.cash_mills, then.equity_mills) == (now.cash_mills, now.equity_mills)
    assert then.initial_mills != now.initial_mills


@pytest.mark.rule("MARGIN-018", "SPEC-004")
def test_the_largest_hypothetical_portfolio_fits_into_64_bits(market: Funded) -> None:
    more = [(F27, 10**6 - 10), (G27, -(10**6)), (TERM, 10**6)]
    reference = deepcopy(market.pair.reference)
    hold_more(reference.clearing, 1, more)
    held = reference.initial_margin_mills(reference.clearing.accounts[1])
    assert ask(market, more).money.initial_mills == held > 10**13
    orders = [HypotheticalOrder(book, side, HIGH if side == Side.BUY else LOW, 10_000)
              for book in (F27, G27, TERM) for side in Side]  # fmt: skip
    outlook = ask(market, more, *orders)
    needed = sum(one.needed_mills for one in outlook.outcomes if one.reason == RejectReason.NONE)
    assert outlook.money.initial_mills == held + needed
    assert [one.only_closes for one in outlook.outcomes] == [False, True, True, False, False, True]
