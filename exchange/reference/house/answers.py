"""Answers to what a scenario expects, by the labels of its line (clearing_notation.md section 6)."""

from collections.abc import Callable, Mapping
from typing import Any

from exchange.reference.house.holdings import equity
from exchange.reference.house.index import is_halted
from exchange.reference.house.margin import full_margin
from exchange.reference.house.position_limits import spot_lots
from exchange.reference.house.prices import limits, mark
from exchange.reference.house.state import OPENING_MILLS, HouseState, Member
from exchange.units import NS_PER_DAY, NS_PER_S

Values = Mapping[str, Any]


def answer(state: HouseState, name: str, values: Values) -> dict[str, Any]:
    """The actual values for an expectation; empty for parts of the house that are not built."""
    return ANSWERS[name](state, values) if name in ANSWERS else {}


def _settle(state: HouseState, values: Values) -> dict[str, Any]:
    if values["symbol"] not in state.settled:
        return {}
    last = state.prior(values["symbol"])
    return {"price": last.price, "settled": last.method, "flag": "flagged" if last.flagged else "unflagged"}


def _mark(state: HouseState, values: Values) -> dict[str, Any]:
    return {"price": mark(state, values["symbol"])} if values["symbol"] in state.life else {}


def _limits(state: HouseState, values: Values) -> dict[str, Any]:
    return {"low_high": limits(state, values["symbol"])} if values["symbol"] in state.life else {}


def _state(state: HouseState, values: Values) -> dict[str, Any]:
    return {"life": state.life.get(values["symbol"], "NONE")}


def _phase(state: HouseState, values: Values) -> dict[str, Any]:
    if values["symbol"] not in state.life:
        return {}
    legs = [leg for leg, _ in state.contracts[values["symbol"]].legs]
    return {"phase": "HALT" if any(is_halted(state, leg) for leg in legs) else "OPEN"}


def _member(state: HouseState, values: Values) -> Member:
    """The account that is asked for; one that was never named has nothing but its opening cash."""
    return state.members.get(values["account"], Member(values["account"], OPENING_MILLS))


def _balance(state: HouseState, member: Member) -> int:
    return state.ledger.balance(member.name) if member.name in state.members else member.opening_mills


def _cash(state: HouseState, values: Values) -> dict[str, Any]:
    member = _member(state, values)
    return {"mills": _balance(state, member) - member.opening_mills}


def _equity(state: HouseState, values: Values) -> dict[str, Any]:
    member = _member(state, values)
    return {"mills": equity(state, member) if member.name in state.members else member.opening_mills}


def _position(state: HouseState, values: Values) -> dict[str, Any]:
    member, symbol = _member(state, values), values["symbol"]
    held = member.holdings.get(symbol)
    return {"lots": held.lots, "sum": held.mark_num} if held else {"lots": 0, "sum": 0}


def _open(state: HouseState, values: Values) -> dict[str, Any]:
    return {"lots": sum(max(0, member.lots(values["symbol"])) for member in state.members.values())}


def _order(state: HouseState, values: Values) -> dict[str, Any]:
    found = {**state.past, **{order.name: order for order in state.orders}}.get(values["order"])
    return {"orderstate": found.status, "why": found.why, "left": found.lots_left} if found else {}


def _call(state: HouseState, values: Values) -> dict[str, Any]:
    member = _member(state, values)
    if member.call is None:
        return {}
    missing = member.call.required_mills - equity(state, member)
    return {"mills": missing, "due": member.call.due_ns % NS_PER_DAY // NS_PER_S}


def _index(state: HouseState, values: Values) -> dict[str, Any]:
    taken = state.taken.get((values["index"], values["date"]))
    if taken is None:
        return {}
    return {"taken": "none" if taken.value is None else taken.value, "how": taken.how}


def _flag(state: HouseState, values: Values) -> dict[str, Any]:
    return {"yesno": "yes" if values["limit"] in state.flags.get(values["account"], ()) else "no"}


ANSWERS: dict[str, Callable[[HouseState, Values], dict[str, Any]]] = {
    "settle": _settle,
    "mark": _mark,
    "limits": _limits,
    "state": _state,
    "phase": _phase,
    "cash": _cash,
    "balance": lambda state, values: {"mills": _balance(state, _member(state, values))},
    "equity": _equity,
    "position": _position,
    "open": _open,
    "order": _order,
    "account": lambda state, values: {"standing": _member(state, values).standing},
    "call": _call,
    "margin": lambda state, values: {"marginpart_mills": full_margin(state, _member(state, values))},
    "whatif": lambda state, values: full_margin(state, _member(state, values), values["lots_symbol"]),
    "statement": lambda state, values: {"entry_mills": state.statements.get(values["account"], {})},
    "index": _index,
    "spotlimit": lambda state, values: {"lots": spot_lots(state, values["chipmonth"][0])},
    "flag": _flag,
    "fees": lambda state, values: {"mills": state.ledger.balance("fees")},
}
