"""Reads the last settlements of a venue, and those before them: from its public channel, or from its journal."""

from typing import NamedTuple

import numpy as np

from contracts_spec.ids import Terms, is_combination, unpack_id
from exchange.cli.trading.asking import asked
from exchange.cli.trading.place import Access
from exchange.codes import SettleMethod
from exchange.engine import query
from exchange.engine.control.house.settled_days import previous_tick
from exchange.engine.engine import Engine
from exchange.engine.query import InstrumentRow
from exchange.journal.replay import recorded_limits, replay_folder
from exchange.publish.daily.settlements import day_text
from exchange.venue.loop import run_loop


class CurvePoint(NamedTuple):
    """The settlement of an outright. `before_tick`: the one before, None if it is not known; `day`: empty: a seed."""

    symbol: str
    terms: Terms
    tick: int
    before_tick: int | None
    method: str
    day: str


def of_venue(place: Access) -> list[CurvePoint]:
    """The settlements of a running venue. UserError: there is none at this address."""
    found: list[CurvePoint] = run_loop(read_venue(place))
    return found


async def read_venue(place: Access) -> list[CurvePoint]:
    """As `of_venue`, in a running event loop."""
    async with asked(place) as session:
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


def of_folder(folder: str) -> list[CurvePoint]:
    """The settlements of a data folder, after its last command. UserError: it has no journal, or a damaged one."""
    engine = Engine(recorded_limits(folder))
    replay_folder(folder, engine)
    outrights = [row for row in query.instruments(engine.states) if not is_combination(row.instrument_id)]
    return [_point(engine.states[0], row) for row in outrights]


def _point(state: np.record, row: InstrumentRow) -> CurvePoint:
    """The settlements of an instrument. The one before is found by its id, because its book may have had another."""
    book = state.books[row.index]
    return CurvePoint(
        row.symbol, unpack_id(row.instrument_id), row.settle_tick, previous_tick(state, row.instrument_id) or None,
        SettleMethod(int(book.settle_method)).name, day_text(max(int(book.settled_day) - 1, 0)),
    )  # fmt: skip
