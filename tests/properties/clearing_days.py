"""Random days of a clearing house: accounts trade a curve, deposit and withdraw, and days close.

What comes next is chosen with a look at the reference house, so that most lines are accepted and the rest are refused
near the edge: prices at the day's limits, withdrawals of all free funds and a mill more.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from contracts_spec.periods import day_start_ns
from exchange.conformance.clearing.lines import VerbLine
from exchange.conformance.clearing.verbs import read_verb
from exchange.conformance.words import Word
from exchange.reference.house.margin import free_mills
from exchange.reference.house.prices import best, limits, mark
from exchange.reference.house.state import HouseState
from exchange.reference.house.terms import Contract
from exchange.units import NS_PER_S
from tests.properties.clearing_pair import HousePair

MORNING_S, CLOSE_S, DAY_S = 10 * 3600, 21 * 3600, 86_400
BURST = 6  # acts in a row, within a minute or two
WINDOW_S = (CLOSE_S - 120, CLOSE_S - 1)


@dataclass(frozen=True)
class Plan:
    """How large a run is, and what it may do.

    verbs   weight by verb
    cash    least and most opening cash of an account, powers of ten
    index   whether index contracts are traded
    """

    start: date
    accounts: int
    days: int
    acts: int
    verbs: dict[str, int]
    setup: tuple[str, ...] = ()
    cash: tuple[float, float] = (7.0, 9.5)
    index: bool = True


class RandomDays:
    """One run of a plan. `seen`: how lines ended, by verb and reason; `standings`: of accounts so far."""

    def __init__(self, seed: int, plan: Plan) -> None:
        self.random, self.plan = random.Random(seed), plan
        self.names = [f"A{number}" for number in range(plan.accounts)]
        opening = [f"account {name} {self._opening()}" for name in self.names]
        self.pair = HousePair([f"start {plan.start}", *plan.setup, *opening])
        self.day, self.second = plan.start, MORNING_S
        self.orders = 0
        self.seen: Counter[str] = Counter()
        self.standings: set[str] = set()

    def _opening(self) -> int:
        low, high = self.plan.cash
        return int(10 ** self.random.uniform(low, high))

    @property
    def state(self) -> HouseState:
        return self.pair.state

    def run(self) -> None:
        """Play all days. Difference: the first one."""
        for _ in range(self.plan.days):
            self._play_day()

    def _play_day(self) -> None:
        """Lines until the close, then the close; all answers are compared in between and after it."""
        acts = self.random.randrange(self.plan.acts // 2, 2 * self.plan.acts)
        bursts = [self._moment() for _ in range(1 + acts // BURST)]
        moments = sorted(min(self.random.choice(bursts) + self.random.randint(0, 30), CLOSE_S - 1) for _ in range(acts))
        for second in [one for one in moments if one >= self.second]:
            if (self.second < 12 * 3600 <= second) or self.random.random() < 0.1:
                self.pair.compare()
            self.second = second
            self._act()
        self.pair.compare()
        if self.random.random() < 0.3:
            self.pair.lines.append("close")
            self.second = CLOSE_S + 600
        else:
            self.pair.lines.append(f"day {self.day + timedelta(days=1)}")
            self.day, self.second = self.day + timedelta(days=1), MORNING_S
        self.pair.advance(self._now_ns())
        self.pair.compare(everything=True)
        self._note_standings()
        if self.second > CLOSE_S:
            self.pair.lines.append(f"day {self.day + timedelta(days=1)}")
            self.day, self.second = self.day + timedelta(days=1), MORNING_S
            self.pair.advance(self._now_ns())

    def _note_standings(self) -> None:
        self.standings |= {member.standing for member in self.state.members.values()}

    def _moment(self) -> int:
        """A second of the day: one in six stands in the closing window."""
        return self.random.randint(*(WINDOW_S if self.random.random() < 0.17 else (MORNING_S, CLOSE_S - 1)))

    def _now_ns(self) -> int:
        return day_start_ns(self.day) + self.second * NS_PER_S

    def _act(self) -> None:
        (verb,) = self.random.choices(list(self.plan.verbs), list(self.plan.verbs.values()))
        text = MAKERS[verb](self)
        if text:
            hours, rest = divmod(self.second, 3600)
            line = f"{hours:02}:{rest // 60:02}:{rest % 60:02} {text}"
            word = Word(text, "random", 1)
            name, *words = word.words()
            reason = self.pair.play(
                VerbLine("random", line, self._now_ns(), verb, read_verb(name, words, word.end()), "")
            )
            self.seen[f"{verb} {reason or 'done'}"] += 1
            self._note_standings()

    # --- choices

    def account(self) -> str:
        return self.random.choice(self.names)

    def contract(self) -> Contract:
        """A listed contract; near ones more often, so that orders meet."""
        if self.random.random() < 0.75 and self.state.figures:
            symbol = self.random.choice(list(self.state.figures))
            if self.state.life.get(symbol) == "LISTED":
                return self.state.contracts[symbol]
        live = [self.state.contracts[symbol] for symbol, life in self.state.life.items() if life == "LISTED"]
        fitting = [one for one in live if self.plan.index or not one.is_index]
        if self.random.random() < 0.9:
            fitting = [one for one in fitting if not one.ioc_only]
        return self.random.choice(fitting)

    def price(self, contract: Contract) -> int:
        """A price near the mark; sometimes a limit of the day, or just outside."""
        low, high = limits(self.state, contract.symbol)
        if self.random.random() < 0.04:
            return self.random.choice((low, high, low - 1, high + 1))
        width = max(2, (high - low) // (40 if self.random.random() < 0.8 else 4))
        return mark(self.state, contract.symbol) + self.random.randint(-width, width)

    def lots(self) -> int:
        return min(10_000, int(10 ** self.random.uniform(0, 2.2)))


def _order(days: RandomDays) -> str:
    days.orders += 1
    contract, side = days.contract(), days.random.choice(("buys", "sells"))
    gtc = " gtc" if days.random.random() < 0.2 else ""
    return f"order o{days.orders} {days.account()} {side} {days.lots()} {contract.symbol} @{days.price(contract)}{gtc}"


def _trade(days: RandomDays) -> str:
    """A trade at a price at which it meets no other order; empty if there is none."""
    contract, side = days.contract(), days.random.choice(("buys", "sells"))
    bid, ask = (best(days.state, contract.symbol, one) for one in (1, -1))
    low, high = limits(days.state, contract.symbol)
    price = days.price(contract)
    price = max(price, bid + 1) if bid is not None else price
    price = min(price, ask - 1) if ask is not None else price
    if (bid is not None and price <= bid) or not (low <= price <= high or days.random.random() < 0.3):
        return ""
    way = "from" if side == "buys" else "to"
    taker, maker = days.random.sample(days.names, 2)
    return f"trade {taker} {side} {days.lots()} {contract.symbol} @{price} {way} {maker}"


def _block(days: RandomDays) -> str:
    contract, side = days.contract(), days.random.choice(("buys", "sells"))
    way = "from" if side == "buys" else "to"
    terms = f"{days.lots()} {contract.symbol} @{days.price(contract)}"
    first, second = days.random.sample(days.names, 2)
    return f"block {first} {side} {terms} {way} {second}"


def _cancel(days: RandomDays) -> str:
    return f"cancel o{days.random.randint(1, max(1, days.orders))}"


def _deposit(days: RandomDays) -> str:
    return f"deposit {days.account()} {days.random.choice((0, 1, 1000, 10**6, 10**7, 10**8))}"


def _withdraw(days: RandomDays) -> str:
    """Some mills, all free funds, or one more."""
    account = days.account()
    free = free_mills(days.state, days.state.member(account))
    chosen = days.random.choice((0, 1, free + 1, free + 1, free, free // 2, 10**6))
    return f"withdraw {account} {max(0, chosen)}"


def _market(days: RandomDays) -> str:
    return f"market {days.random.choice(days.state.spec.listed_chips).name} PAUSED" if not days.state.paused else ""


def _settle(days: RandomDays) -> str:
    contract = days.contract()
    day = days.day - timedelta(days=days.random.randint(0, 2))
    return f"settle {day} {contract.symbol} {days.price(contract)}" if contract.is_outright else ""


MAKERS: dict[str, Callable[[RandomDays], str]] = {
    "order": _order,
    "trade": _trade,
    "block": _block,
    "cancel": _cancel,
    "deposit": _deposit,
    "withdraw": _withdraw,
    "market": _market,
    "settle": _settle,
}
