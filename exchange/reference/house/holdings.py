"""Positions: fills, variation, what they gain against the mark (SETTLE-007, MARGIN-014)."""

from collections.abc import Iterable, Mapping

from exchange.reference.formulas.contracts import fee
from exchange.reference.house.state import Holding, HouseState, Member


def add_lots(state: HouseState, member: str, symbol: str, lots: int, price: int) -> None:
    """Add signed lots at a price to a member's position."""
    holding = state.member(member).holdings.setdefault(symbol, Holding())
    holding.lots += lots
    holding.mark_num += price * lots


def pay_variation(state: HouseState, symbols: Iterable[str], prices: Mapping[str, int]) -> None:
    """Pay each position its gain at a price, from which it counts then (SETTLE-007)."""
    for symbol in symbols:
        for member in state.members.values():
            if symbol in member.holdings:
                gain = gain_mills(state, member, symbol, prices[symbol])
                state.ledger.post(state.now_ns, "variation", "variation", member.name, gain)
                member.holdings[symbol].mark_num = prices[symbol] * member.lots(symbol)


def gain_mills(state: HouseState, member: Member, symbol: str, price: int) -> int:
    """What a position gains at a price, in mills."""
    holding = member.holdings[symbol]
    return (price * holding.lots - holding.mark_num) * state.contracts[symbol].hours


def unrealised(state: HouseState, member: Member) -> int:
    """Gains of all positions against their marks, of closed lots as well."""
    return sum(gain_mills(state, member, symbol, state.marks[symbol]) for symbol in member.holdings)


def equity(state: HouseState, member: Member) -> int:
    """Cash and positions at the mark (MARGIN-014)."""
    return state.ledger.balance(member.name) + unrealised(state, member)


def close_lots(state: HouseState, symbol: str) -> None:
    """End all positions of a contract at the price of its last variation, with the fee of a cash settlement."""
    for member in state.members.values():
        if lots := member.lots(symbol):
            charge_fee(state, member.name, "cash_settlement", abs(lots), symbol)
            add_lots(state, member.name, symbol, -lots, state.marks[symbol])


def charge_fee(state: HouseState, member: str, kind: str, lots: int, symbol: str) -> None:
    """Charge a fee (FEE-001)."""
    state.ledger.post(state.now_ns, "fee", member, "fees", fee(state.spec, kind, lots, symbol))
