"""Random makers of a whole curve: one owner has the best orders of many books, so paths lead through its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.codes import ComboKind, CommandFlag, CommandKind, Side, TimeInForce
from exchange.reference.market import Market

if TYPE_CHECKING:
    from tests.properties.flow import Flow

CURVE = (1, 2, 3, 4, 5, 6, 10)  # the months that take orders, and their combinations
SPREADS = (ComboKind.CALENDAR, ComboKind.TIER)
Entry = tuple[int, tuple[int, int]]  # a book, its bid and ask


def curve(flow: Flow, market: Market) -> list[Any]:
    """One of two makers quotes its whole curve again, months and combinations, at prices that agree but for a tick: as
    a mass quote, or as orders with its self-match id. A month is left out, and its price follows from the others."""
    maker, left_out = flow.pick([1, 1, 2]), flow.pick([1, 2, 3])
    width, shift = flow.pick([1, 1, 2, 3]), int(flow.rng.integers(-2, 3))
    entries: list[Entry] = []
    for index in CURVE:
        instrument = market.clearing.instruments[index]
        middle = instrument.settle_tick + (0 if instrument.combo in SPREADS else shift) + flow.pick([-1, 0, 0, 0, 1])
        step = instrument.min_inc
        entries.append((index, ((middle - width) // step * step, -(-(middle + width) // step) * step)))
    state = _quotes if flow.chance(0.6) else _orders
    return state(flow, market, maker, entries, left_out)


def _quotes(flow: Flow, market: Market, maker: int, entries: list[Entry], left_out: int) -> list[Any]:
    """A mass quote that takes the old quote out of the book left out."""
    request_id = flow.request_id + 1
    number = flow.pick([0, *(number for owner, number in market.protections if owner == maker)])
    rows = []
    for place, (index, (bid, ask)) in enumerate(entries):
        lots = [0, 0] if index == left_out else [_lots(flow), _lots(flow)]
        rows.append(
            flow.stamp(
                CommandKind.QUOTE, account=maker, instrument=index, session=maker, protection_number=number,
                bid_tick=bid, bid_lots=lots[0], ask_tick=ask, ask_lots=lots[1],
                flags=CommandFlag.MORE if place + 1 < len(entries) else 0,
            )._replace(request_id=request_id)
        )  # fmt: skip
    return rows


def _orders(flow: Flow, market: Market, maker: int, entries: list[Entry], left_out: int) -> list[Any]:
    """All orders of the maker leave. Then it states both sides of each entry; icebergs now and then."""
    rows = [flow.stamp(CommandKind.CANCEL_ALL, account=maker, instrument=0)]
    for index, prices in entries:
        for side, price in zip(Side, prices, strict=True):
            if index != left_out:
                rows.append(
                    flow.stamp(
                        CommandKind.NEW, account=maker, instrument=index, side=side, price=price, lots=_lots(flow),
                        smp_id=maker, tif=flow.pick([TimeInForce.GTC, TimeInForce.DAY]),
                        display_lots=flow.pick([0, 0, 0, 1, 2]),
                    )
                )  # fmt: skip
    return rows


def take(flow: Flow, market: Market) -> Any:
    """An order for a month that takes what there is, of a stranger or of a maker itself."""
    index, side = flow.pick([1, 2, 3, 8]), flow.pick(list(Side))
    owner = flow.pick([{}, {}, {}, {"smp_id": 1}, {"smp_id": 9, "minimum_lots": flow.pick([2, 4])}])
    away = flow.pick([6, 10, 12]) * (1 if side == Side.BUY else -1)
    step = market.clearing.instruments[index].min_inc
    price = (market.clearing.instruments[index].settle_tick + away) // step * step
    tif = flow.pick([TimeInForce.IOC, TimeInForce.IOC, TimeInForce.FOK])
    return flow.stamp(
        CommandKind.NEW, account=flow.pick([1, 2, 2, 4]), instrument=index, side=side, price=price, lots=_lots(flow),
        tif=tif, **owner,
    )  # fmt: skip


def _lots(flow: Flow) -> int:
    return int(flow.pick([1, 2, 3, 5]))
