"""Instruments of the compute market: real contracts of the catalogue with a backwardated curve, and its accounts.

Two chips, and of each three months, a quarter, a year and a term of three years at the floor of 90 %, and the front
month at 80 %. Terms, price limits, fees and margin rates are those of the catalogue on DAY (contracts.md 2, 3, 8).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from bench.tapes.market import DEPOSIT_MILLS, PlainMarket
from contracts_spec.instruments import Known, instruments_on, with_legs
from contracts_spec.load import load_spec
from contracts_spec.outrights import Instrument
from contracts_spec.periods import day_start_ns, month_index
from exchange.codes import CommandKind, MarketState
from exchange.engine.control.catalogue import listing_payloads
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.records import COMMAND, column
from exchange.units import POSITION_LOTS_MAX

DAY = date(2026, 12, 1)  # before the spot window of F27, so that no spot limit applies
START_NS = day_start_ns(DAY)
CHIPS = ("H100", "B200")
PERIODS = ("G90.F27", "G90.G27", "G90.H27", "G90.Q2-27", "G90.C27", "G90.T3-27", "G80.F27")
SYMBOLS = tuple(f"{chip}.{period}" for chip in CHIPS for period in PERIODS)
# The curve: price of a month m months ahead over that of the front month, BASE + (1 - BASE) * exp(-SLOPE * m). It is
# near the prices of the test vectors of contracts.md (2846, 2826, 2803, year 2701, five years 2450).
BASE, SLOPE = 0.83, 0.06


@dataclass(frozen=True)
class Contracts:
    """Instruments in the order of their books, which count from 1, and the LIST payloads that open them."""

    instruments: tuple[Instrument, ...]
    payloads: tuple[bytes, ...]

    @property
    def groups(self) -> list[int]:
        return sorted({one.chip_code for one in self.instruments})


def months_ahead(instrument: Instrument) -> float:
    """Months from the front month to the middle of the instrument's period."""
    return float(np.mean([month for month, _ in instrument.months])) - month_index(date(2027, 1, 1))


def curve(ahead: float) -> float:
    """Price `ahead` months from the front month, over the price of the front month."""
    return BASE + (1 - BASE) * float(np.exp(-SLOPE * ahead))


def contracts() -> Contracts:
    """The instruments with settlement prices on the curve."""
    spec = load_spec(day=DAY)
    seeds = with_legs(instruments_on(spec, DAY), SYMBOLS)
    front = {one.chip: one.settle_tick for one in seeds if one.symbol.endswith(PERIODS[0])}
    prices = {one.id: round(front[one.chip] * curve(months_ahead(one)) * one.floor_bp / 9_000) for one in seeds}
    listed = with_legs(instruments_on(spec, DAY, Known(settlements=prices)), SYMBOLS)
    return Contracts(tuple(listed), tuple(listing_payloads(listed, spec, DAY)))


@dataclass(frozen=True)
class ComputeMarket(PlainMarket):
    """The market as a tape opens it. Prices of the base class are the mean window, from which ladders are sized."""

    listed: Contracts | None = None

    def controls(self) -> list[bytes]:
        """LIST payloads of all books."""
        assert self.listed is not None
        return list(self.listed.payloads)

    def opening(self) -> tuple[list[bytes], list[bytes], np.ndarray]:
        """LIST payloads, DEFINE_ACCOUNT payloads, and the rows of deposits and of PREOPEN and OPEN of each chip."""
        assert self.listed is not None
        numbers = range(1, 1 + self.accounts)
        accounts = [encode_payload(AccountPayload(one, term_lots_max=POSITION_LOTS_MAX)) for one in numbers]
        groups = self.listed.groups
        rows = np.zeros(self.accounts + 2 * len(groups), COMMAND)
        funds, states = rows[: self.accounts], rows[self.accounts :]
        funds["kind"], funds["account"] = CommandKind.DEPOSIT, numbers
        column(funds, "amount_mills")[:] = DEPOSIT_MILLS
        states["kind"], states["group"] = CommandKind.SET_STATE, np.repeat(groups, 2)
        column(states, "market_state")[:] = [MarketState.PREOPEN, MarketState.OPEN] * len(groups)
        return self.controls(), accounts, rows


def compute_market_of(listed: Contracts, accounts: int) -> ComputeMarket:
    widths = [one.high_tick - one.low_tick for one in listed.instruments]
    return ComputeMarket(0, round(sum(widths) / len(widths)), 0, len(widths), accounts, listed=listed)
