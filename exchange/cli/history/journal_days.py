"""The trades of a journal, frame by frame from its first command, each with its instrument. Read only: the folder may
be that of a running venue."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from exchange.codes import CommandKind, EventKind
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.engine.trade_rows import trade_places
from exchange.journal.frames import FrameKind
from exchange.journal.replay import EventHash, Replayer, read_frames, recorded_limits
from exchange.records import EVENT, column

# A trade. `instrument`: its id, `trade_tick`: its price; the last three as the FILL row has them that begins it.
TRADE = np.dtype(
    [
        ("trade_id", "<i8"), ("sequence", "<i8"), ("time_ns", "<i8"), ("instrument", "<i8"), ("trade_tick", "<i8"),
        ("lots", "<i8"), ("side", "u1"), ("liquidity", "u1"), ("flags", "u1"),
    ]
)  # fmt: skip
_FIELDS = [name for name in TRADE.names or () if name != "instrument"]
_NONE = np.zeros(0, TRADE)
_LISTINGS = (int(EventKind.INSTRUMENT_LISTED), int(EventKind.INSTRUMENT_ENDED))


class JournalPart(NamedTuple):
    """What a frame of commands did: its first and last command, its time, and its trades, TRADE rows."""

    first: int
    last: int
    time_ns: int
    trades: np.ndarray


class TradedInstruments:
    """The instrument of each book as the replay goes on, and the symbols of all there have been, by id."""

    def __init__(self, states: np.ndarray) -> None:
        self._states = states
        self._ids: np.ndarray = np.zeros(1, np.int64)  # by book
        self.symbols: dict[int, str] = {}

    def take(self, events: np.ndarray) -> None:
        """Note instruments that a frame has listed or ended. No other frame trades in the same command."""
        if np.isin(events["kind"], _LISTINGS).any():
            known = query.known_instruments(self._states)
            self._ids = np.array([0, *(row.instrument_id for row in known)], np.int64)
            self.symbols.update((row.instrument_id, row.symbol) for row in known)

    def trades_of(self, events: np.ndarray) -> np.ndarray:
        """TRADE rows of EVENT rows of whole commands."""
        fills = events[trade_places(events)]
        rows = np.zeros(len(fills), TRADE)
        for name in _FIELDS:
            rows[name] = column(fills, name)
        rows["instrument"] = self._ids[fills["instrument"]]
        return rows


def replayed(folder: str) -> tuple[Iterator[JournalPart], dict[int, str]]:
    """The parts of a journal in order, and the symbols by instrument id as far as parts were read.

    raises   UserError: the folder has no journal, or an empty one
             Refusal: the journal is damaged (65), or the replay differs from what was recorded (70)
    """
    engine = Engine(recorded_limits(folder))
    instruments = TradedInstruments(engine.states)
    return _parts(folder, engine, instruments), instruments.symbols


def _parts(folder: str, engine: Engine, instruments: TradedInstruments) -> Iterator[JournalPart]:
    events: list[np.ndarray] = []
    replayer = Replayer(engine, EventHash(), events.append)
    for frame in read_frames(folder):
        events.clear()
        replayer.apply(frame)
        if frame.records:
            if not any(map(len, events)):
                yield JournalPart(frame.sequence, frame.sequence + frame.records - 1, frame.time_ns, _NONE)
                continue
            rows = np.concatenate([np.zeros(0, EVENT), *events])
            trades = instruments.trades_of(rows)  # before the instruments change: a control trades in those before it
            instruments.take(rows)
            yield JournalPart(frame.sequence, frame.sequence + frame.records - 1, frame.time_ns, trades)


def listed_symbols(folder: str) -> set[str]:
    """Symbols of all instruments that a journal lists. It reads the journal without replaying it."""
    found: set[str] = set()
    for frame in read_frames(folder):
        if frame.kind == FrameKind.CONTROL and int(frame.rows[0]["kind"]) == CommandKind.LIST:
            found.update(one["symbol"] for one in json.loads(frame.payload)["instruments"])
    return found
