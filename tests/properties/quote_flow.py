"""Random mass quotes and protection groups of a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.codes import CommandFlag, CommandKind, OrderType, Side
from exchange.reference.market import Market

if TYPE_CHECKING:
    from tests.properties.flow import Flow


def mass_quote(flow: Flow, market: Market) -> list[Any]:
    """A mass quote, row by row: mostly around settlement, sometimes crossed, empty, or of one book twice."""
    account, request_id = flow.account_number(), flow.request_id + 1
    own = [number for owner, number in market.protections if owner == account]
    number = flow.pick([0, 1, 7]) if not own or flow.chance(0.2) else flow.pick(own)
    count = 34 if flow.chance(0.01) else int(flow.rng.integers(1, 5))
    session = 1 + account % 3 if flow.chance(0.7) else flow.pick([1, 2, 3])
    rows = []
    for place in range(count):
        index = flow.index()
        bid = flow.price(market, index)
        ask = bid + flow.pick([0, 1, 1, 2, 2, 4, 6])
        lots = [0 if flow.chance(0.15) else flow.lots() for _ in range(2)]
        old = [one for one in market.working(account) if one.order_type == OrderType.QUOTE]
        if old and flow.chance(0.3):  # again, with as many lots or fewer
            index, bid, ask, lots = _again(flow, old, flow.pick(old).instrument)
        rows.append(
            flow.stamp(
                CommandKind.QUOTE, account=account, instrument=index, protection_number=number, bid_tick=bid,
                bid_lots=lots[0], ask_tick=ask, ask_lots=lots[1], session=session,
                flags=CommandFlag.MORE if place + 1 < count else 0,
            )._replace(request_id=request_id)
        )  # fmt: skip
    if flow.chance(0.01):
        rows[-1] = rows[-1]._replace(flags=CommandFlag.MORE)
    return rows


def _again(flow: Flow, quotes: list[Any], index: int) -> tuple[int, int, int, list[int]]:
    """An entry that keeps a quote's prices."""
    sides = {quote.side: quote for quote in quotes if quote.instrument == index}
    price = [sides[side].price if side in sides else 1 + 10_000 * side for side in Side]
    lots = [max(1, sides[side].leaves_lots - flow.pick([0, 0, 1])) if side in sides else 0 for side in Side]
    return index, price[0], price[1], lots


def protect(flow: Flow) -> Any:
    """Tight thresholds over windows of a few commands up to all of them."""
    fields = {
        "lots_max": flow.pick([0, 0, 5, 12]), "fills_max": flow.pick([0, 2, 4, 256]),
        "delta_lots_max": flow.pick([0, 0, 6]), "hours_max": flow.pick([0, 0, 5_000]),
        "window_ns": flow.pick([40_000, 400_000, 10**18]), "group": flow.pick([0, 0, 1, 1, 2]),
    }  # fmt: skip
    if flow.chance(0.1):
        odd = [("lots_max", -1), ("fills_max", 257), ("window_ns", 0), ("group", 5), ("delta_lots_max", -1)]
        name, value = flow.pick(odd)
        fields[name] = value
    number = flow.pick([1, 1, 2, 7, 0]) if flow.chance(0.9) else flow.pick(range(100, 120))
    return flow.stamp(CommandKind.MMP_SET, account=flow.account_number(), protection_number=number, **fields)


def reset(flow: Flow, market: Market) -> Any:
    tripped = [key for key, protection in market.protections.items() if protection.tripped]
    account, number = flow.pick(tripped) if tripped else (flow.account_number(), flow.pick([1, 2, 3]))
    return flow.stamp(CommandKind.MMP_RESET, account=account, protection_number=number)
