"""A part of the launch catalogue on a small engine, with narrow daily limits, for tests of full margin."""

from datetime import date

import msgspec
import numpy as np

from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.calls.margin_payload import margin_payload
from exchange.engine.control.catalogue import listing_payloads
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine, blank_commands
from exchange.limits import MEDIUM

DAY = date(2026, 12, 20)  # F27 is near its last trading day, 2026-12-24
NARROW = 50  # ticks: the small engine has few price levels
PERIODS = ("F27", "G27", "Q1-27", "C27", "T3-28", "T5-28")
SYMBOLS = (
    *(f"H100.{tier}.{period}" for tier in ("G95", "G90", "G80") for period in PERIODS),
    *(f"B200.{tier}.{period}" for tier in ("G90", "G85") for period in PERIODS[:4]),
    *(f"{chip}.G90.{period}/I" for chip in ("H100", "B200") for period in ("F27", "G27", "Q1-27")),
    *("A100.G90.F27", "A100.G90.G27", "A100.G90.F27/I"),
)
SPEC = load_spec()


class LaunchMarket:
    """The engine, with the add-on months and pairs of its trading day."""

    def __init__(self, day: date = DAY) -> None:
        self.engine = Engine(MEDIUM)
        found = {one.symbol: one for one in instruments_on(SPEC, day)}
        listed = sorted((found[symbol] for symbol in SYMBOLS), key=lambda one: one.id)
        narrow = [
            msgspec.structs.replace(one, low_tick=one.settle_tick - NARROW, high_tick=one.settle_tick + NARROW)
            for one in listed
        ]
        for payload in listing_payloads(narrow, SPEC, day):
            self.control(CommandKind.LIST, payload)
        self.control(CommandKind.MARGIN, encode_payload(margin_payload(self.engine.states, SPEC, day)))
        self.books = {row.symbol: row.index for row in query.instruments(self.engine.states)}

    def control(self, kind: CommandKind, payload: bytes) -> np.ndarray:
        row = blank_commands(1)
        row["sequence"], row["kind"] = self.engine.sequence + 1, kind
        self.engine.check_control(kind, payload)
        return self.engine.control(row, payload)

    def hold(self, portfolios: dict[int, dict[str, int]]) -> np.record:
        """Give accounts these lots by symbol, and nobody any others, whoever has the other side. Returns the state."""
        state = self.engine.states[0]
        state.positions[:] = np.zeros(1, state.positions.dtype)
        rows = [(account, symbol, lots) for account, own in portfolios.items() for symbol, lots in own.items()]
        for place, (account, symbol, lots) in enumerate(rows, 1):
            row = state.positions[place]
            row.account, row.book, row.lots = account, self.books[symbol], lots
        state.used_positions = len(rows)
        return state
