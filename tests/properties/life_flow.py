"""Instruments end and are listed again, between the days of a random flow."""

from typing import Any

from exchange.clearing_codes import Life
from exchange.codes import CommandKind
from exchange.reference.clearing import Instrument
from exchange.reference.market import Market
from tests.market import listing
from tests.properties.flow import Flow

CHILDREN = (1, 2)  # books of the children of `parent_of`
Control = tuple[CommandKind, dict[str, Any]]


def parent_of(flow: Flow) -> int:
    """Book of the parent that runs list: the one behind those of the market."""
    return len(flow.market["instruments"]) + 1


def life_control(flow: Flow, market: Market) -> Control:
    """The next control after a close whose variation is paid: an instrument ends, or those that have ended come back
    under other names."""
    instruments = market.clearing.instruments
    lives = {index: Life(one.life) for index, one in instruments.items()}
    waiting = [index for index, life in lives.items() if life == Life.EXPIRED]
    if waiting:
        final = instruments[waiting[0]].settle_tick + flow.pick([-4, 0, 3])
        return _expire(flow, waiting[0], Life.SETTLED, {"final_tick": max(1, final)})
    if any(life != Life.LISTED for life in lives.values()) and flow.chance(0.7):
        return CommandKind.LIST, {"commodities": [], "instruments": _again(flow, lives)}
    parent = parent_of(flow)
    if lives.get(parent) == Life.LISTED and all(lives[child] == Life.LISTED for child in CHILDREN):
        return CommandKind.CASCADE, {"parent": parent, "children": list(CHILDREN)}
    if lives.get(parent) != Life.LISTED and flow.chance(0.6):
        return CommandKind.LIST, {"commodities": [], "instruments": [_parent(flow, instruments)]}
    outrights = [one.index for one in instruments.values() if not one.combo and one.group == 1]
    of_life = [index for index in outrights if lives[index] == Life.LISTED]
    return _expire(flow, flow.pick(of_life), flow.pick([Life.SETTLED, Life.EXPIRED]), {})


def _expire(flow: Flow, index: int, life: Life, final: dict[str, int]) -> Control:
    books = [{"index": index, "life": int(life), **final}]
    return CommandKind.EXPIRE, {"books": books, "fee_mills": flow.pick([0, 2]), "day": flow.pick([0, 20_800])}


def _again(flow: Flow, lives: dict[int, Life]) -> list[dict[str, Any]]:
    """The instruments of the market whose books are free, legs before combinations."""
    free = [one for one in flow.market["instruments"] if lives[one["index"]] != Life.LISTED]
    named = [{**one, "symbol": f"{one['symbol'][:20]}-{flow.sequence}"} for one in free]
    return sorted(named, key=lambda one: (bool(one.get("legs")), one["index"]))


def _parent(flow: Flow, instruments: dict[int, Instrument]) -> dict[str, Any]:
    months = [month for child in CHILDREN for month in instruments[child].months]
    hours = sum(instruments[child].hours for child in CHILDREN)
    return listing(parent_of(flow), f"A.G90.P-{flow.sequence}", months=months, hours=hours, floor_bp=9_000, taker_fee=2)
