"""Margin calls, close-only, liquidation (MARGIN-012, FALL-003)."""

from exchange.reference.formulas.calendar import packed_id
from exchange.reference.house.holdings import equity
from exchange.reference.house.margin import initial_mills, maintenance_mills, only_closes
from exchange.reference.house.orders import end, is_open, match
from exchange.reference.house.prices import limits
from exchange.reference.house.state import HouseState, MarginCall, Member, WorkingOrder
from exchange.units import NS_PER_HOUR

CALL_NS = 2 * NS_PER_HOUR


def review(state: HouseState) -> None:
    """A margin run: call members, renew or lift their calls, then liquidate those whose call is not met.

    Orders of all who are called or liquidated leave before any position is worked off: one does not close against
    another.
    """
    for member in list(state.members.values()):
        if member.standing == "OPEN":
            if equity(state, member) < maintenance_mills(state, member):
                _call(state, member)
        elif member.call is not None:
            member.call = MarginCall(initial_mills(state, member), member.call.due_ns)
            look_at_call(state, member)
            if member.call is not None and member.call.due_ns <= state.now_ns:
                member.standing, member.call = "LIQUIDATING", None
        elif member.standing == "LIQUIDATING" and not member.positions():
            _end_liquidation(state, member)
    liquidated = [member for member in state.members.values() if member.standing == "LIQUIDATING"]
    for member in liquidated:  # all leave, also those that only close: a far price would keep its lots from the house
        for order in reversed(state.working(member.name)):
            end(order, "DEFAULT")
    for member in liquidated:
        _work_off(state, member)


def is_due(state: HouseState) -> bool:
    """Whether the time of a call is over."""
    return any(member.call is not None and member.call.due_ns <= state.now_ns for member in state.members.values())


def look_at_call(state: HouseState, member: Member) -> None:
    """A call is met when equity is at the full margin of the last run again."""
    if member.call is not None and equity(state, member) >= member.call.required_mills:
        member.standing, member.call = "OPEN", None


def _call(state: HouseState, member: Member) -> None:
    """Call a member; each of its orders leaves, youngest first, unless it only closes."""
    member.standing, member.call = "CLOSE_ONLY", MarginCall(initial_mills(state, member), state.now_ns + CALL_NS)
    for order in reversed(state.working(member.name)):
        others = [other for other in state.working(member.name) if other is not order]
        if not only_closes(state, member, others, order):
            end(order, "DEFAULT")


def _work_off(state: HouseState, member: Member) -> None:
    """Take what the other side shows inside the day's limits (FALL-003)."""
    for symbol in sorted(member.positions(), key=lambda one: packed_id(state.spec, one)):
        if is_open(state, symbol):
            lots, (low, high) = member.lots(symbol), limits(state, symbol)
            side = -1 if lots > 0 else 1
            order = WorkingOrder("", member.name, side, abs(lots), symbol, low if side < 0 else high)
            match(state, order)
            if order.lots_left < abs(lots):
                state.touch()


def _end_liquidation(state: HouseState, member: Member) -> None:
    """A flat member stands as before. What it cannot pay is a shortfall of the default account; its gains of closed
    lots count."""
    missing = -equity(state, member)
    member.standing = "DEFAULTED" if missing > 0 else "OPEN"
    if missing > 0:
        state.ledger.post(state.now_ns, "shortfall", "default", member.name, missing)
