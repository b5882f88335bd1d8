"""The reference clearing house: opens as the set-up of a scenario says, then plays its lines one after the other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from contracts_spec.load import load_spec
from contracts_spec.schema import Spec
from exchange.errors import UserError
from exchange.reference.house import checks
from exchange.reference.house.answers import answer
from exchange.reference.house.cash import adjust, deposit, settle_again, withdraw
from exchange.reference.house.index import give_committee_value, give_print, give_rental, open_index
from exchange.reference.house.life import first_price, list_day
from exchange.reference.house.orders import block, cancel, enter, trade
from exchange.reference.house.schedule import advance, date_of, trading_day
from exchange.reference.house.state import HouseState, Settled, WorkingOrder

CHIPS = ("H100",)  # listed without a set-up line
Values = Mapping[str, Any]


class PlayedLine(Protocol):
    """A line of a scenario: its word, and the values of its shape."""

    @property
    def name(self) -> str: ...
    @property
    def values(self) -> dict[str, Any]: ...


class ReferenceHouse:
    """The clearing house in plain integers, slow and obvious; without certificates, deliveries and default auction."""

    parts: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.state = HouseState(load_spec(), 0, date_of(0))

    def set_up(self, start_ns: int, lines: Sequence[PlayedLine]) -> None:
        """Open at a time with the launch catalogue, and what set-up lines say."""
        self.state = HouseState(_spec(lines), start_ns, trading_day(start_ns))
        state, today = self.state, date_of(start_ns)
        list_day(state, state.day)
        priors = {line.values["symbol"]: line.values["price"] for line in lines if line.name == "prior"}
        for symbol in priors.keys() - {one.symbol for one in state.listed()}:
            raise UserError(f"prior {symbol}: no outright of that name is listed on {state.day}")
        for contract in state.listed():
            price = priors.get(contract.symbol, first_price(state, contract))
            state.settled[contract.symbol] = [Settled(state.settled[contract.symbol][0].day, price, "SEED")]
            state.marks[contract.symbol] = price
        sources = {line.values["index"]: line.values["source"] for line in lines if line.name == "source"}
        for chip in state.spec.listed_chips:
            for tier in state.spec.product("IDX").tiers:
                open_index(state, (chip.name, tier), sources.get((chip.name, tier), "EXT"), today)
        for line in lines:
            if line.name == "account":
                state.open_member(line.values["account"], line.values["mills"])

    def advance(self, until_ns: int) -> None:
        advance(self.state, until_ns)

    def carry_out(self, line: PlayedLine) -> str | None:
        """Do what a verb says. Returns the reason of a refusal, None if it was done."""
        if line.name not in VERBS:
            return f"not built yet: {line.name}"
        return VERBS[line.name](self.state, line.values)

    def answer(self, line: PlayedLine) -> dict[str, Any]:
        return answer(self.state, line.name, line.values)

    def broken(self) -> list[str]:
        return checks.broken(self.state)

    def state_hash(self) -> bytes:
        return checks.state_hash(self.state)


def _spec(lines: Sequence[PlayedLine]) -> Spec:
    """The default configuration with the chips that a scenario lists, and without fees unless it wants them."""
    spec = load_spec()
    listed = [chip for line in lines if line.name == "chips" for chip in line.values["chip"]] or CHIPS
    products = spec.products
    if not any(line.name == "fees" for line in lines):
        nothing = dict.fromkeys(products.fees.__struct_fields__, 0)
        products = msgspec.structs.replace(products, fees=msgspec.structs.replace(products.fees, **nothing))
    return msgspec.structs.replace(spec.with_chips(listed), products=products)


def _orders(values: Values) -> tuple[WorkingOrder, WorkingOrder]:
    """(the order of the account that is named first, that of the other) of a trade or a block."""
    side = 1 if values["side"] == "buys" else -1
    terms = values["lots"], values["symbol"], values["price"]
    return WorkingOrder("", values["account"], side, *terms), WorkingOrder("", values["maker"], -side, *terms)


def _trade(state: HouseState, values: Values) -> str | None:
    taker, maker = _orders(values)
    return trade(state, maker, taker)


def _block(state: HouseState, values: Values) -> str | None:
    first, second = _orders(values)
    buy, sell = (first, second) if first.side > 0 else (second, first)
    return block(state, buy, sell, values["made"])


def _order(state: HouseState, values: Values) -> str | None:
    side = 1 if values["side"] == "buys" else -1
    terms = values["lots"], values["symbol"], values["price"], values["gtc"]
    return enter(state, WorkingOrder(values["order"], values["account"], side, *terms))


def _market(state: HouseState, values: Values) -> None:
    state.paused.add(values["chip"])
    state.touch()


def _rental(state: HouseState, values: Values) -> str | None:
    rental = values["seller"], values["price"], values["hours"]
    return give_rental(state, values["index"], values["dates"], rental)


VERBS: dict[str, Callable[[HouseState, Values], str | None]] = {
    "trade": _trade,
    "block": _block,
    "order": _order,
    "cancel": lambda state, values: cancel(state, values["order"]),
    "market": _market,
    "deposit": lambda state, values: deposit(state, values["account"], values["mills"]),
    "withdraw": lambda state, values: withdraw(state, values["account"], values["mills"]),
    "adjust": lambda state, values: adjust(state, values["date"], values["symbol"], values["account_mills"]),
    "settle": lambda state, values: settle_again(state, values["date"], values["symbol"]),
    "index": lambda state, values: give_print(state, values["index"], values["dates"], values["print"], values["now"]),
    "rental": _rental,
    "committee": lambda state, values: give_committee_value(state, values["index"], values["date"], values["value"]),
}
