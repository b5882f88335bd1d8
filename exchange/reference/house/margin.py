"""Margin of a member: the full rule, the hold of working orders, free funds, orders that only close.

The full rule is MARGIN-001 to MARGIN-007 with MARGIN-009; certificates, concentration and deliveries are not built.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil

from exchange.codes import ComboKind, Family
from exchange.reference.formulas.contracts import fee
from exchange.reference.formulas.margin import AccountTerms, commodity, initial, maintenance_of, psr
from exchange.reference.house.holdings import unrealised
from exchange.reference.house.prices import limits, mark
from exchange.reference.house.state import HouseState, Member, WorkingOrder
from exchange.reference.house.terms import Contract


def full_margin(state: HouseState, member: Member, more: Sequence[tuple[int, str]] = ()) -> dict[str, int]:
    """Every part of a member's initial margin, and the total (MARGIN-001). `more`: hypothetical (lots, symbol)."""
    positions = member.positions()
    for lots, symbol in more:
        positions[symbol] = positions.get(symbol, 0) + lots
    addon = frozenset(addon_months(state))
    asked = frozenset(positions.items()), addon
    if asked not in state.margins:
        state.margins[asked] = initial(state.spec, positions, AccountTerms(addon=addon))
    return state.margins[asked]


def initial_mills(state: HouseState, member: Member) -> int:
    return full_margin(state, member)["total"]


def maintenance_mills(state: HouseState, member: Member) -> int:
    return maintenance_of(state.spec, initial_mills(state, member))


def addon_months(state: HouseState) -> set[str]:
    """Codes of physical months whose uncovered shorts pay more: from the close 5 business days before the last trading
    day on (MARGIN-009)."""
    near = [one for one in state.listed() if one.addon_from < state.day <= one.ltd]
    return {one.months[0] for one in near if one.is_month(Family.PHY)}


# --- the hold of an account with working orders (MARGIN-013)


def hold_mills(state: HouseState, member: Member, orders: Sequence[WorkingOrder], fee_kind: str = "taker") -> int:
    """The most that the full rule can ask, whatever part of some orders fills, with what filling each of them can cost
    at once (MARGIN-013)."""
    positions, total = member.positions(), 0
    symbols = [*positions, *(order.symbol for order in orders)]
    for name in sorted({commodity(leg) for symbol in symbols for leg, _ in state.contracts[symbol].legs}):
        own = {symbol: lots for symbol, lots in positions.items() if commodity(symbol) == name}
        theirs = [order for order in orders if commodity(state.contracts[order.symbol].legs[0][0]) == name]
        total += _hold_of_commodity(state, name, own, theirs)
    return total + sum(_order_mills(state, order, fee_kind) for order in orders)


def _hold_of_commodity(
    state: HouseState, name: str, positions: Mapping[str, int], orders: Sequence[WorkingOrder]
) -> int:
    """Scan, intra and tier charges of the worst fills, and the delivery add-on of the worst shorts.

    Of L hours long and S short the scan range is paid on |L - S| and at most the larger charge on min(L, S), which is
    (L + S - |L - S|) / 2. Both sums are taken at their largest.
    """
    scan_range, rates = psr(state.spec, name.removesuffix("/I")), state.spec.margin
    charge = max(rates.intra_mills, rates.tier_mills)
    net = sum(lots * state.contracts[symbol].hours for symbol, lots in positions.items())
    moves = [order.side * order.lots_left * _lot_hours(state, order.symbol) for order in orders]
    up, down = sum(max(0, move) for move in moves), sum(max(0, -move) for move in moves)
    widest = max(abs(net + up), abs(net - down))
    longest, shortest = _extremes(state, positions, orders)
    gross = sum(max(abs(longest[one]), abs(shortest[one])) * state.contracts[one].hours for one in longest)
    held = ceil(Fraction(widest * max(0, 2 * scan_range - charge) + gross * charge, 2))
    return held + _hold_of_addon(state, name, shortest, scan_range)


def _extremes(
    state: HouseState, positions: Mapping[str, int], orders: Sequence[WorkingOrder]
) -> tuple[dict[str, int], dict[str, int]]:
    """(lots if all that buys it fills, lots if all that sells it does) by outright."""
    longest, shortest = dict(positions), dict(positions)
    for order in orders:
        for leg, sign in state.contracts[order.symbol].legs:
            lots = order.side * sign * order.lots_left
            longest[leg] = longest.get(leg, 0) + max(0, lots)
            shortest[leg] = shortest.get(leg, 0) + min(0, lots)
    return longest, shortest


def _hold_of_addon(state: HouseState, name: str, shortest: Mapping[str, int], scan_range: int) -> int:
    """MARGIN-009 if all that sells fills: shorts of each month and tier, parents included."""
    near, cells = addon_months(state), dict[tuple[str, int], int]()
    for symbol, lots in shortest.items():
        contract = state.contracts[symbol]
        for month in near & set(contract.months):
            cells[month, contract.floor_bp] = cells.get((month, contract.floor_bp), 0) + lots
    if name.endswith("/I"):
        return 0
    hours = {one.months[0]: one.hours for one in state.listed() if one.is_month(Family.PHY)}
    short = sum(max(0, -lots) * hours[month] for (month, _), lots in cells.items())
    return ceil(Fraction(short * scan_range * state.spec.margin.delivery_addon_bp, 10_000))


def _lot_hours(state: HouseState, symbol: str) -> int:
    """Signed GPU-hours of one lot bought; of a combination the sum of its legs."""
    return sum(sign * state.contracts[leg].hours for leg, sign in state.contracts[symbol].legs)


def _order_mills(state: HouseState, order: WorkingOrder, fee_kind: str) -> int:
    """The most that filling an order can cost at once: its loss against the mark, and its fee."""
    loss = max(0, order.side * (order.price - mark(state, order.symbol)))
    one_lot = loss * state.contracts[order.symbol].hours + _leg_loss(state, state.contracts[order.symbol])
    return one_lot * order.lots_left + fee(state.spec, fee_kind, order.lots_left, order.symbol)


def _leg_loss(state: HouseState, contract: Contract) -> int:
    """The most that one lot of a combination loses by the prices of its legs, beyond its own loss: a strip's mark is
    rounded, the longer leg of a calendar may move to a limit with the other."""
    marks = [(state.marks[leg], state.contracts[leg].hours) for leg, _ in contract.legs]
    if contract.combo is ComboKind.STRIP:
        own = mark(state, contract.symbol)
        return abs(sum((own - tick) * hours for tick, hours in marks))
    if contract.is_outright:
        return 0
    (_, front), (back_mark, back) = marks
    return abs(front - back) * max(abs(bound - back_mark) for bound in limits(state, contract.legs[1][0]))


def funds_mills(state: HouseState, member: Member) -> int:
    """Cash, less the net loss of all positions; a gain is no funds before variation pays it (MARGIN-015)."""
    return state.ledger.balance(member.name) + min(0, unrealised(state, member))


def free_mills(state: HouseState, member: Member) -> int:
    """Free funds: what a member may withdraw (MARGIN-015)."""
    return funds_mills(state, member) - hold_mills(state, member, state.working(member.name))


# --- orders that only close (MARGIN-016)


def lots_if_filled(state: HouseState, member: Member, orders: Sequence[WorkingOrder], symbol: str, side: int) -> int:
    """Lots held on one side of an outright if all orders on that side fill; below 0: still held on the other."""
    adding = [
        order.lots_left
        for order in orders
        for leg, sign in state.contracts[order.symbol].legs
        if leg == symbol and order.side * sign == side
    ]
    return side * member.lots(symbol) + sum(adding)


def only_closes(state: HouseState, member: Member, others: Sequence[WorkingOrder], order: WorkingOrder) -> bool:
    """Whether an order, with all others of its side, at most closes what is held, in each leg (MARGIN-016)."""
    legs = [(leg, order.side * sign) for leg, sign in state.contracts[order.symbol].legs]
    return all(lots_if_filled(state, member, [*others, order], leg, side) <= 0 for leg, side in legs)
