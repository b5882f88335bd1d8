"""Reads the last settlements of a venue, and those before them: from its public channel, or from its journal."""

from typing import NamedTuple

import numpy as np

from clients.client import connect
from clients.errors import ChannelRefused, ConnectFailed, SessionOver
from contracts_spec.ids import Terms, is_combination, unpack_id
from exchange.codes import EventKind, SettleMethod
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.journal.replay import recorded_limits, replay_folder
from exchange.publish.daily.settlements import day_text
from exchange.records import column
from exchange.venue.loop import run_loop


class CurvePoint(NamedTuple):
    """The settlement of an outright. `before_tick`: the one before, None if it is not known; `day`: empty: a seed."""

    symbol: str
    terms: Terms
    tick: int
    before_tick: int | None
    method: str
    day: str


def of_venue(url: str) -> list[CurvePoint]:
    """The settlements of a running venue. UserError: there is none at this address."""
    found: list[CurvePoint] = run_loop(read_venue(url))
    return found


async def read_venue(url: str) -> list[CurvePoint]:
    """As `of_venue`, in a running event loop."""
    try:
        async with connect(url) as session:
            symbols = {row.instrument: row.symbol for row in (await session.instruments()).values()}
            settled = await session.settlements()
            return [
                CurvePoint(
                    symbols[one.instrument], unpack_id(one.instrument), one.price_tick, one.previous_settle_tick,
                    one.method, one.day,
                )
                for one in settled.values()
                if one.instrument in symbols
            ]  # fmt: skip
    except (ConnectFailed, SessionOver) as failure:
        raise UserError(f"{failure} (gpux serve starts a venue)") from None
    except ChannelRefused as failure:
        raise UserError(f"{failure} at {url}: give ws://HOST:PORT without a path, or with /v1/md") from None


def of_folder(folder: str) -> list[CurvePoint]:
    """The settlements of a data folder, after its last command. UserError: it has no journal, or a damaged one."""
    engine = Engine(recorded_limits(folder))
    settled: dict[int, list[tuple[int, int]]] = {}  # by book: (day, price) of its last two settlements
    replay_folder(folder, engine, lambda events: _note(events, settled))
    return [
        CurvePoint(
            row.symbol, unpack_id(row.instrument_id), row.settle_tick, *_before(settled.get(row.index, [])),
            SettleMethod(int(engine.states["books"]["settle_method"][0, row.index])).name,
            day_text(settled[row.index][-1][0]) if row.index in settled else "",
        )
        for row in query.instruments(engine.states)
        if not is_combination(row.instrument_id)
    ]  # fmt: skip


def _before(settled: list[tuple[int, int]]) -> tuple[int | None]:
    return (settled[-2][1] if len(settled) > 1 else None,)


def _note(events: np.ndarray, settled: dict[int, list[tuple[int, int]]]) -> None:
    """Note settlements. One that is published again for its day takes the place of the first."""
    listed = events[events["kind"] == EventKind.SETTLED]
    names = ("instrument", "trading_day", "settlement_tick")
    for index, day, tick in zip(*(column(listed, name).tolist() for name in names), strict=True):
        of_book = settled.setdefault(index, [])
        if of_book and of_book[-1][0] == day:
            of_book.pop()
        of_book.append((day, tick))
        del of_book[:-2]
