"""Seeded random commands for a small market: mostly sensible, often on the edge, sometimes nonsense.

A flow looks at the reference (never at the engine) to name live orders and to know the market's states.
"""

from typing import Any

import numpy as np

from exchange.clearing_codes import HouseAccount, Life
from exchange.codes import (
    ComboKind,
    CommandFlag,
    CommandKind,
    KillParty,
    MarketState,
    OrderType,
    PostOnly,
    Scope,
    Side,
    SmpMode,
    StateReason,
    TimeInForce,
)
from exchange.records import QUOTE_KEY, pack_client_order_id, pack_tag
from exchange.reference.market import Market
from exchange.reference.phases import GOES_TO
from exchange.reference.rows import Command
from exchange.units import MONEY_MAX
from tests.market import account_payload, property_market
from tests.properties import curve_flow, quote_flow, repeat_flow

ACCOUNTS = {
    1: {"cash": 10**12, "firm": 1},
    2: {"cash": 10**11, "firm": 1},
    3: {"cash": 900_000, "firm": 2},
    4: {"cash": 10**11, "maxpos": 15, "maxord": 8, "maxterm": 3},
    5: {"cash": 2_500_000, "maxpos": 60},
}
BYSTANDERS = range(7, 27)  # several, because the reference adds up all orders of an account for each of its orders
STRANGERS = (0, 6, 63, 64, 4_000_000_000)
WEIGHTS = {
    "new": 64, "cancel": 9, "replace": 16, "cancel_all": 0.6, "cash": 2, "state": 2, "back": 5, "indicative": 2,
    "clock": 2, "kill": 0.5, "unkill": 2.5, "disconnect": 0.8, "timer": 1, "session": 0.7, "define": 0.8,
    "quote": 7, "protect": 0.7, "reset": 1.2,
    "unsupported": 0.4, "leads": 0.4, "repeat": 2.5, "over": 1.5,
}  # fmt: skip
PLAIN = {
    "plain": 60, "new": 1, "cancel": 20, "replace": 8, "cash": 1, "back": 3, "define": 0.5, "kill": 0.2, "unkill": 1,
}  # fmt: skip
DEFINE, LEADS = "define", "leads"
STATES = [state for state in MarketState if state != MarketState.NONE]

# What names the party of a kill.
NAMED_BY = {Scope.ACCOUNT: "account", Scope.SESSION: "killed_session", Scope.FIRM: "killed_firm"}


class Flow:
    """Commands one after the other. `kinds` may leave some out: {"new": 1} is nothing but new orders."""

    def __init__(
        self, seed: int, weights: dict[str, float] | None = None, market: dict[str, Any] | None = None
    ) -> None:
        self.market = market or property_market()
        self.collared = any(one["guard"].get("collar_ticks") for one in self.market["instruments"])
        self.rng = np.random.default_rng(seed)
        self.sequence = 0
        self.request_id = 0
        self.more: list[int] = []  # other books that trade now (`life_flow`)
        self.coming: list[Any] = []  # rows still to come: entries of a mass quote, orders of a curve
        self.weigh(weights or WEIGHTS)

    def weigh(self, weights: dict[str, float]) -> None:
        """From now on commands come in these shares."""
        self.names = list(weights)
        self.shares = np.array([weights[name] for name in self.names], float) / sum(weights.values())

    def openings(self) -> list[tuple[CommandKind, Any]]:
        """Controls and rows that every run starts with: the market, accounts, money, OPEN."""
        steps: list[tuple[CommandKind, Any]] = [(CommandKind.LIST, self.market)]
        for number, terms in ACCOUNTS.items():
            deposit = self.stamp(CommandKind.DEPOSIT, account=number, amount_mills=terms["cash"])
            steps += [(CommandKind.DEFINE_ACCOUNT, account_payload(number, terms)), (CommandKind.DEPOSIT, deposit)]
        steps.append((CommandKind.LEAD_MAKERS, {"makers": [(1, 30), (4, 15)], "instruments": [2]}))
        for state in (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN):
            steps += [(CommandKind.SET_STATE, self.state_row(group, state)) for group in (1, 2)]
        return steps

    def bystanders(self, count: int) -> list[tuple[CommandKind, Any]]:
        """So many orders of accounts that do nothing else, far from any trade: they leave little capacity."""
        steps: list[tuple[CommandKind, Any]] = []
        for number in BYSTANDERS[:count]:
            steps.append((CommandKind.DEFINE_ACCOUNT, account_payload(number, {})))
            steps.append((CommandKind.DEPOSIT, self.stamp(CommandKind.DEPOSIT, account=number, amount_mills=10**12)))
        fields = {"instrument": 9, "price": 81, "lots": 1, "tif": TimeInForce.GTC, "session": 0}
        owners = [BYSTANDERS[number % len(BYSTANDERS)] for number in range(count)]
        return steps + [(CommandKind.NEW, self.stamp(CommandKind.NEW, account=owner, **fields)) for owner in owners]

    def state_row(self, group: int, state: MarketState) -> Any:
        return self.stamp(CommandKind.SET_STATE, market_state=state, group=group)

    def next(self, market: Market) -> tuple[CommandKind, Any]:
        """A row, or a control's kind and payload."""
        if self.coming:
            command = self.coming.pop(0)
            return CommandKind(command.kind), command
        name = self.names[int(self.rng.choice(len(self.names), p=self.shares))]
        if name == DEFINE:
            return CommandKind.DEFINE_ACCOUNT, self._account()
        if name == LEADS:
            return CommandKind.LEAD_MAKERS, self._lead_makers()
        command = getattr(self, "_" + name)(market)
        return CommandKind(command.kind), command

    def _account(self) -> dict[str, Any]:
        number, maxpos, maxterm = self.pick(list(ACCOUNTS)), self.pick([8, 15, 60, 1_000]), self.pick([1, 3, 1_000])
        limits = {"maxpos": maxpos, "maxterm": maxterm, "closeonly": self.chance(0.2)}
        return account_payload(number, {**ACCOUNTS[number], **limits})

    def _lead_makers(self) -> dict[str, Any]:
        """Some accounts with percentages, at most 50 together; of the pro-rata books or one of them (PRO-003)."""
        makers = [(number, self.pick([1, 5, 10, 25])) for number in (1, 2) if self.chance(0.7)]
        return {"makers": makers, **self.pick([{"group": 1}, {"instruments": [2]}, {"instruments": [2, 3]}])}

    def day_limits(self, market: Market) -> dict[str, Any]:
        """New settlements and limits of some books of the first group, narrow or wide; of a day now and then."""
        books, day = [], 1 + max(market.settled_days.values(), default=0)
        for index, one in market.clearing.instruments.items():
            if one.group == 1 and one.life == Life.LISTED and self.chance(0.7):
                settle, width = one.settle_tick + int(self.rng.integers(-3, 4)), self.pick([4, 8, 20, 40])
                lowest = -1_000 if one.combo in (ComboKind.CALENDAR, ComboKind.TIER) else 1
                books.append(
                    {
                        "index": index, "settle_tick": settle, "low_tick": max(lowest, settle - width),
                        "high_tick": settle + width, "velocity_ticks": self.pick([0, 9]),
                        **({"min_inc": self.pick([1, 1, 1, 2, 5])} if self.chance(0.4) else {}),
                    }
                )  # fmt: skip
        begin = self.sequence * 1_000 + self.pick([1, 50_000, 200_000])
        window = self.pick([{}, {"window_ns": [begin, begin + self.pick([1_000, 100_000])]}])
        return {"books": books, "by_two": True, "day": day * self.pick([0, 1]), **window}

    def stamp(self, kind: CommandKind, **fields: Any) -> Any:
        self.sequence += 1
        self.request_id += 1
        session = fields.pop("session", self.pick([0, 1, 2, 3] * 8 + [64, 65]))
        return Command(
            sequence=self.sequence, time_ns=self.sequence * 1_000, kind=kind, session=session,
            request_id=self.request_id, **fields,
        )  # fmt: skip

    def pick(self, values: Any) -> Any:
        return values[int(self.rng.integers(len(values)))]

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def account_number(self) -> int:
        return self.pick(STRANGERS) if self.chance(0.015) else self.pick(list(ACCOUNTS))

    def _client(self) -> dict[str, int]:
        """A name out of few, so that ids come twice and come again; none at all now and then."""
        if self.chance(0.004):  # what a quote's side is found by, as a tape may have it
            return {"client_order_id_0": QUOTE_KEY | self.pick(list(Side)), "client_order_id_1": self.index()}
        text = "" if self.chance(0.15) else self.pick(["a", "order-", "a-name-of-24-chars-", "b"])
        text = text and f"{text}{int(self.rng.integers(40))}"
        return {f"client_order_id_{place}": word for place, word in enumerate(pack_client_order_id(text))}

    def price(self, market: Market, index: int) -> int:
        instrument = market.clearing.instruments.get(index)
        if instrument is None:
            return 100
        centre = instrument.settle_tick + int(self.rng.integers(-2, 3))
        spread = self.pick([2, 4, 8, 12, 25])
        price = centre + int(self.rng.integers(-spread, spread + 1))
        return self.pick([-(2**40), 2**40, 2**31, 2**32 + price, -1]) if self.chance(0.01) else price

    def lots(self) -> int:
        if self.chance(0.02):
            return self.pick([0, -1, 10_000, 10_001, 2**31 - 1, -(2**31)])
        return int(self.rng.integers(1, self.pick([3, 6, 15])))

    def index(self) -> int:
        if self.chance(0.01):
            return self.pick([0, 11, 64, 65, 2**32 - 1])
        return self.pick([1, 1, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10, 10, *self.more])

    def _new(self, market: Market) -> Any:
        index = self.index()
        tif = self.pick([TimeInForce.DAY] * 5 + [TimeInForce.GTC] * 3 + [TimeInForce.IOC, TimeInForce.FOK])
        if index == 8 and self.chance(0.8):  # an ioc_only book
            tif = self.pick([TimeInForce.IOC, TimeInForce.IOC, TimeInForce.FOK])
        fields: dict[str, Any] = self._until() if self.chance(0.15) and tif < TimeInForce.GTD else {}
        if self.chance(0.08):
            fields["minimum_lots"] = self.pick([1, 2, 3, 6, 20, -1])
        if self.chance(0.12):
            fields["post_only"] = self.pick([PostOnly.REJECT, PostOnly.SLIDE])
        elif self.chance(0.15):
            fields["order_type"] = self.pick([OrderType.MARKET, OrderType.MARKET_TO_LIMIT])
            fields["flags"] = int(self.chance(0.3)) * int(CommandFlag.TIGHTEN)
        elif tif not in (TimeInForce.IOC, TimeInForce.FOK) and self.chance(0.35):
            fields |= self._stop(market, index)
        if self.chance(0.1):
            fields["flags"] = fields.get("flags", 0) | int(CommandFlag.NO_COD)
        if self.chance(0.2):
            fields["display_lots"] = self.pick([1, 1, 2, 3, 5])
        if self.chance(0.4):
            fields |= {"smp_id": self.pick([1, 1, 1, 2]), "smp_mode": self.pick(list(SmpMode))}
        if self.chance(0.02):
            odd = [("smp_mode", 4), ("order_type", 6), ("display_lots", -1), ("post_only", 3), ("tif", 2), ("side", 2)]
            odd += [("expiry_ns", 7), ("expiry_ns", -1)]
            name, value = self.pick(odd)
            fields[name] = value
        return self.stamp(
            CommandKind.NEW,
            **{
                "account": self.account_number(), "instrument": index, "side": self.pick(list(Side)), "tif": tif,
                "order_type": OrderType.LIMIT, "price": self.price(market, index), "lots": self.lots(),
                "tag": self._tag(), **self._client(), **fields,
            },
        )  # fmt: skip

    def _plain(self, market: Market) -> Any:
        """A limit order with a name of its own and nothing else; some are large enough to take several others."""
        index = self.pick([1, 1, 9, 9, 9]) if self.chance(0.7) else self.index()
        tif = self.pick([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC])
        lots = int(self.rng.integers(15, 60)) if self.chance(0.2) else self.lots()
        return self.stamp(
            CommandKind.NEW,
            account=self.account_number(), instrument=index, side=self.pick(list(Side)), tif=tif, lots=lots,
            order_type=OrderType.LIMIT, price=self.price(market, index), **self._client(),
        )  # fmt: skip

    def _until(self) -> dict[str, int]:
        """Good till a time that comes soon, or has been."""
        return {"tif": TimeInForce.GTD, "expiry_ns": 1_000 * max(1, self.sequence + int(self.rng.integers(-3, 300)))}

    def _stop(self, market: Market, index: int) -> dict[str, int]:
        """A stop near the price, so that many are elected, some at once; now and then it refuses that."""
        flags = int(CommandFlag.REJECT_IF_ELECTED) * self.chance(0.1) | int(CommandFlag.TIGHTEN) * self.chance(0.3)
        kind = self.pick([OrderType.STOP, OrderType.STOP_LIMIT])
        return {"order_type": kind, "trigger": self.price(market, index), "flags": flags}

    def _repeat(self, market: Market) -> Any:
        return repeat_flow.repeat(self, market) or self._new(market)

    def _over(self, market: Market) -> Any:
        return repeat_flow.over(self, self.pick([self._new, self._replace])(market))

    def _quote(self, market: Market) -> Any:
        rows = quote_flow.mass_quote(self, market)
        self.coming = rows[1:]
        return rows[0]

    def _curve(self, market: Market) -> Any:
        rows = curve_flow.curve(self, market)
        self.coming = rows[1:]
        return rows[0]

    def _take(self, market: Market) -> Any:
        return curve_flow.take(self, market)

    def _protect(self, market: Market) -> Any:
        return quote_flow.protect(self)

    def _reset(self, market: Market) -> Any:
        return quote_flow.reset(self, market)

    def _tag(self) -> int:
        return pack_tag(self.pick(["", "x", "y"]))

    def _target(self, market: Market) -> dict[str, Any]:
        """A live order by either id; or one that is ended, unknown, or of another account."""
        orders = list(market.orders.values())
        if not orders or self.chance(0.1):
            unknown = self.pick([0, 1, (1 << 24) | 1, (5 << 24) | 3, -1, 2**53, (1 << 24) | 1_023, 2**62])
            return {"account": self.account_number(), "order_id": unknown, **self._client()}
        order = self.pick(orders)
        owner = order.account if self.chance(0.97) else self.account_number()
        if self.chance(0.4):
            words = {f"client_order_id_{place}": word for place, word in enumerate(order.client_order_id)}
            return {"account": owner, **words}
        # An order id is enough: a client order id beside it, of whatever order, says nothing.
        stray = self._client() if self.chance(0.2) else {}
        return {"account": owner, "order_id": order.order_id, **stray}

    def _cancel(self, market: Market) -> Any:
        return self.stamp(CommandKind.CANCEL, **self._target(market))

    def _replace(self, market: Market) -> Any:
        target = self._target(market)
        order = market.orders.get(target.get("order_id", 0))
        flags = sum(int(flag) for flag in (1, 2, 4, 8, 16) if self.chance(0.3))
        flags |= int(CommandFlag.SET_TRIGGER) * self.chance(0.4 if order is not None and order.pending else 0.03)
        total = self.lots() if order is None else order.order_lots + int(self.rng.integers(-4, 5))
        price = self.price(market, order.instrument if order else 1)
        if order is not None and self.chance(0.4):
            price = order.price
        tif = self.pick([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC])
        until = self._until() if self.chance(0.3) else {"tif": tif}
        return self.stamp(
            CommandKind.REPLACE, **target, flags=flags, lots=total, price=price, **until, tag=self._tag(),
            display_lots=self.pick([0, 1, 2, 4]), trigger=self.price(market, order.instrument if order else 1),
        )  # fmt: skip

    def _cancel_all(self, market: Market) -> Any:
        flags = sum(int(flag) for flag in (CommandFlag.BY_SIDE, CommandFlag.BY_TAG, CommandFlag.BY_PROTECTION))
        flags &= int(self.rng.integers(8))
        scope = self.pick([{}, {"instrument": self.index()}, {"group": self.pick([1, 2, 3])}])
        return self.stamp(
            CommandKind.CANCEL_ALL, account=self.account_number(), side=self.pick(list(Side)), flags=flags,
            tag=self._tag(), protection_number=self.pick([0, 1, 2]), **scope,
        )  # fmt: skip

    def _cash(self, market: Market) -> Any:
        kind = self.pick([CommandKind.DEPOSIT, CommandKind.WITHDRAW])
        number = self.account_number()
        account = market.clearing.accounts.get(number)
        free = market.clearing.funds_mills(account) - market.initial_margin_mills(account) if account else 5
        most = MONEY_MAX + market.clearing.house_mills[HouseAccount.DEPOSITS]
        amounts = [1, 0, -7, 1_000, 50_000, free, free + 1, free // 2, most + 1, self.pick([2**63 - 1, -(2**63)])]
        return self.stamp(kind, account=number, price=self.pick(amounts))

    def _state(self, market: Market) -> Any:
        """Anywhere, mostly where the table allows; of a group or a book."""
        index, group = (self.index(), 0) if self.chance(0.4) else (0, self.pick([1, 1, 1, 2, 2, 0, 5]))
        phases = market.phases
        present = phases.effective(market.clearing.instruments[index]) if index in phases.own else MarketState.NONE
        if group in phases.groups:
            present = phases.groups[group].state
        wanted = self.pick(STATES) if self.chance(0.95) else self.pick([0, 8, 200])
        if present and self.chance(0.5):
            wanted = self.pick(sorted(GOES_TO[present]))
        flags = int(CommandFlag.FORCE) * self.chance(0.2)
        return self.stamp(
            CommandKind.SET_STATE, instrument=index, group=group, market_state=wanted,
            state_reason=self.pick([0, 5, 6, StateReason.HALT_INDEX]), flags=flags,
        )  # fmt: skip

    def _back(self, market: Market) -> Any:
        """One step back towards OPEN for something that is not; an uncross when all is well for a while."""
        phases = market.phases
        places = [(0, group, phase.state) for group, phase in phases.groups.items() if phase.state != MarketState.OPEN]
        places += [(index, 0, phase.state) for index, phase in phases.own.items() if phase.state]
        if not places:
            return self._new(market)
        index, group, state = self.pick(places)
        wanted = MarketState.PREOPEN if state == MarketState.CLOSED else MarketState.OPEN
        if state == MarketState.PREOPEN and self.chance(0.6):
            wanted = MarketState.NOCANCEL
        if state == MarketState.HALT:
            before = phases.own[index].before_halt if index else phases.groups[group].before_halt
            wanted = self.pick([before, before, MarketState.PAUSED])
        flags = int(CommandFlag.CLAMP) * (self.collared and self.chance(0.5))
        return self.stamp(CommandKind.SET_STATE, instrument=index, group=group, market_state=wanted, flags=flags)

    def _indicative(self, market: Market) -> Any:
        return self.stamp(CommandKind.INDICATIVE, instrument=self.index())

    def _kill(self, market: Market) -> Any:
        return self.stamp(CommandKind.KILL, **self._scope(), kill_party=self._party())

    def _unkill(self, market: Market) -> Any:
        """Mostly one that is in force, by the party that set it."""
        killed = [(place, party) for place, parties in market.kills.items() for party in sorted(parties)]
        if not killed or self.chance(0.2):
            return self.stamp(CommandKind.UNKILL, **self._scope(), kill_party=self._party())
        (scope, number), party = self.pick(killed)
        return self.stamp(CommandKind.UNKILL, scope=scope, kill_party=party, **{NAMED_BY[Scope(scope)]: number})

    def _party(self) -> int:
        return self.pick([*KillParty, *KillParty, *KillParty, 2])

    def _scope(self) -> dict[str, int]:
        scope = self.pick([Scope.ACCOUNT, Scope.ACCOUNT, Scope.SESSION, Scope.FIRM])
        if scope == Scope.ACCOUNT:
            return {"scope": 3 if self.chance(0.02) else scope, "account": self.account_number()}
        number = self.pick([0, 64, 65, 2**32 - 1]) if self.chance(0.1) else self.pick([1, 2, 3])
        return {"scope": scope, NAMED_BY[scope]: number}

    def _disconnect(self, market: Market) -> Any:
        flags = int(self.chance(0.4)) * CommandFlag.DAY_ONLY | int(self.chance(0.3)) * CommandFlag.WHOLE_ACCOUNT
        account = 0 if self.chance(0.2) else self.account_number()
        return self.stamp(CommandKind.DISCONNECT, account=account, flags=int(flags), instrument=0)

    def _timer(self, market: Market) -> Any:
        """A command comes every microsecond: a timer of a millisecond is due soon."""
        delay_ms = self.pick([0, 1, 1, 1, 2, -1, 3_600_000])
        return self.stamp(CommandKind.TIMER, account=self.account_number(), delay_ms=delay_ms)

    def _clock(self, market: Market) -> Any:
        return self.stamp(CommandKind.CLOCK, session=0)

    def _session(self, market: Market) -> Any:
        session = self.pick([1, 2, 3, 64, 65, 2**32 - 1])
        return self.stamp(CommandKind.SESSION, account=self.account_number(), session=session)

    def _unsupported(self, market: Market) -> Any:
        kinds = (CommandKind.MARK, CommandKind.SETTLE, CommandKind.EXPIRE)
        return self.stamp(self.pick(kinds), account=self.account_number())
