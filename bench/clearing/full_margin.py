"""Full margin of many accounts with many positions (MARGIN-001), by the function that the venue calls at each MARGIN.

The positions are arrays made by a seed, because a state of venue size has rows for fewer. Terms and months are those of
the launch catalogue, on a day on which the nearest month pays the delivery add-on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.record import time_ns
from contracts_spec.outrights import Instrument
from exchange.clearing.layout import POSITION
from exchange.engine.calls.margin_run import MarginPayload
from exchange.engine.calls.requirement import required_by_account
from exchange.reference.formulas.month_margin import Rates, month_margin
from exchange.units import NS_PER_MS

SAMPLE = 25  # accounts that the reference computes too
LOTS_MAX = 50


@dataclass(frozen=True)
class Portfolios:
    """Parameters of the positions."""

    accounts: int = 10_000
    positions_each: int = 200
    seed: int = 1


def make_positions(portfolios: Portfolios, outrights: Sequence[int]) -> np.ndarray:
    """POSITION rows of accounts 1 and up, in random order: as many books of each account, all different.

    outrights   books
    """
    rng = np.random.default_rng(portfolios.seed)
    ranks = rng.random((portfolios.accounts, len(outrights))).argpartition(portfolios.positions_each - 1, axis=1)
    books = np.array(outrights)[ranks[:, : portfolios.positions_each]].ravel()
    order = rng.permutation(len(books))
    rows = np.zeros(len(books), POSITION)
    rows["account"] = np.repeat(np.arange(1, 1 + portfolios.accounts), portfolios.positions_each)[order]
    rows["book"] = books[order]
    rows["lots"] = rng.integers(1, LOTS_MAX + 1, len(books)) * rng.choice([-1, 1], len(books))
    return rows


def time_margins(state: np.record, positions: np.ndarray, accounts: int, passes: int) -> tuple[list[float], np.ndarray]:
    """(milliseconds of each pass, full margin by account).

    state   what is listed, and the terms of its last MARGIN
    """
    found = required_by_account(state, positions, accounts + 1)
    times = [time_ns(required_by_account, state, positions, accounts + 1) / NS_PER_MS for _ in range(passes)]
    return times, found


def check_margins(
    state: np.record, instruments: Sequence[Instrument], terms: MarginPayload, positions: np.ndarray, found: np.ndarray
) -> int:
    """Compare some accounts with the reference. Returns how many. AssertionError: one has another margin.

    instruments   book 1 first
    terms         of the last MARGIN
    """
    rows = state.commodities
    rates = {
        number: Rates(int(rows[number].psr_mills), int(rows[number].intra_mills), int(rows[number].tier_mills))
        for number in np.flatnonzero(rows["psr_mills"]).tolist()
    }
    commodities = state.books["commodity"].tolist()
    accounts = np.unique(positions["account"])[:: max(1, (len(found) - 1) // SAMPLE)].tolist()
    for account in accounts:
        hours: dict[tuple[int, int, int], int] = {}
        own = positions[positions["account"] == account]
        for book, lots in zip(own["book"].tolist(), own["lots"].tolist(), strict=True):
            one = instruments[book - 1]
            for month, of_month in one.months:
                cell = commodities[book], month, one.floor_bp
                hours[cell] = hours.get(cell, 0) + lots * of_month
        slow = month_margin(hours, rates, terms.pairs, terms.addon, terms.addon_bp)
        assert found[account] == slow, f"account {account}: {found[account]} mills, the reference has {slow}"
    return len(accounts)
