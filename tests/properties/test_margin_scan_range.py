"""A larger scan range never asks for less: neither the full margin, credits between commodities included, nor the hold
(MARGIN-003, MARGIN-007, MARGIN-013)."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.clearing.margin import margin_held_mills, recompute_scans
from exchange.codes import ComboKind, CommandKind, MarketState, Side, TimeInForce
from exchange.conformance.venues import EngineVenue
from exchange.engine.calls.requirement import required_mills
from exchange.engine.engine import Engine
from exchange.limits import MEDIUM
from exchange.reference.rows import Command
from tests.ending import outright
from tests.market import MONTH, account_payload, commodity, listing

COMMODITIES = {1: 400, 2: 920, 3: 400}  # scan range of two chips, and of the index contracts of the first
ACCOUNTS = (1, 2, 3)
MARK, MILLS = 2_810, 10**14
TERMS = {"settle_tick": MARK, "low_tick": 2_700, "high_tick": 2_920, "taker_fee": 0}


def books() -> list[dict[str, object]]:
    """Of each commodity two months, two tiers of the first, and their quarter; a calendar of the first two."""
    found: list[dict[str, object]] = []
    for number in COMMODITIES:
        of = {"commodity": number, "group": number, **TERMS}
        for months, floor_bp in (
            ([(MONTH, 744)], 9_000), ([(MONTH, 744)], 8_000), ([(MONTH + 1, 672)], 9_000),
            ([(MONTH, 744), (MONTH + 1, 672), (MONTH + 2, 744)], 9_000),
        ):  # fmt: skip
            index = len(found) + 1
            hours = sum(hours for _, hours in months)
            found.append(outright(index, f"B{index}", hours, months, **of, floor_bp=floor_bp))
    spread = {"settle_tick": 0, "low_tick": -110, "high_tick": 110, "taker_fee": 0}
    found.append(listing(13, "B1-B3", combo=ComboKind.CALENDAR, legs=[(1, 1), (3, -1)], hours=744, **spread))
    return found


@cache
def opened() -> "Portfolios":
    """The market before anything is held."""
    return Portfolios()


OUTRIGHTS = range(1, 13)
DEALS = st.lists(st.tuples(st.permutations(ACCOUNTS), st.integers(1, 60), st.sampled_from(OUTRIGHTS)), max_size=8)
ORDERS = st.lists(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(list(Side)), st.integers(1, 60), st.integers(1, 13)),
    max_size=8,
)  # fmt: skip
PAIRS = st.lists(
    st.tuples(
        st.sampled_from([(1, 2), (1, 3), (2, 3)]), st.integers(1, 3), st.integers(1, 3), st.integers(0, 10_000)
    ),
    max_size=3, unique_by=lambda pair: pair[0],
)  # fmt: skip


class Portfolios:
    """The engine with deals and working orders of rich accounts."""

    def __init__(self, opened: "Portfolios | None" = None) -> None:
        """`opened`: a market to begin with; None: open one."""
        self.sequence = 0
        if opened is not None:
            engine = Engine(MEDIUM, opened.venue.engine.states.copy())
            self.venue, self.sequence = EngineVenue(engine=engine), opened.sequence
            return
        self.venue = EngineVenue()
        rows = [
            commodity(number, number, psr_mills=psr, intra_mills=60, tier_mills=50)
            for number, psr in COMMODITIES.items()
        ]
        self.venue.control(CommandKind.LIST, {"commodities": rows, "instruments": books()})
        for account in ACCOUNTS:
            self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {"maxpos": 10**6}))
            self.row(CommandKind.DEPOSIT, account=account, amount_mills=MILLS)
        for state in (MarketState.PREOPEN, MarketState.OPEN):
            for group in COMMODITIES:
                self.row(CommandKind.SET_STATE, group=group, market_state=state)

    def row(self, kind: CommandKind, **fields: int) -> None:
        self.sequence += 1
        row = {"sequence": self.sequence, "time_ns": self.sequence, "request_id": self.sequence}
        self.venue.apply(Command(kind=kind, **row, **fields))

    def new(self, account: int, side: Side, lots: int, book: int, price: int, tif: TimeInForce) -> None:
        terms = {"account": account, "side": side, "lots": lots, "instrument": book, "price": price, "tif": tif}
        self.row(CommandKind.NEW, **terms)

    def asked(self, scans: dict[int, int]) -> list[tuple[int, int]]:
        """(full margin, hold) of each account, with these scan ranges."""
        state = self.venue.engine.states.copy()[0]
        for number, psr in scans.items():
            state.commodities[number].psr_mills = psr
        for account in ACCOUNTS:
            recompute_scans(state, account)
        full = np.asarray(required_mills(state))
        return [(int(full[account]), int(margin_held_mills(state, account))) for account in ACCOUNTS]


@pytest.mark.rule("MARGIN-003", "MARGIN-007", "MARGIN-013")
@given(
    deals=DEALS, orders=ORDERS, pairs=PAIRS, addon=st.booleans(), chosen=st.sampled_from(list(COMMODITIES)),
    low=st.integers(1, 3_000), more=st.integers(1, 3_000),
)  # fmt: skip
@settings(max_examples=25)
def test_a_larger_scan_range_never_asks_for_less(
    deals: list[tuple[list[int], int, int]],
    orders: list[tuple[int, Side, int, int]],
    pairs: list[tuple[tuple[int, int], int, int, int]],
    addon: bool,
    chosen: int,
    low: int,
    more: int,
) -> None:
    market = Portfolios(opened())
    for accounts, lots, book in deals:
        market.new(accounts[0], Side.SELL, lots, book, MARK, TimeInForce.GTC)
        market.new(accounts[1], Side.BUY, lots, book, MARK, TimeInForce.IOC)
    for account, side, lots, book in orders:
        far = (1 if side == Side.SELL else -1) * 100  # meets nobody
        market.new(account, side, lots, book, far if book == 13 else MARK + far, TimeInForce.GTC)
    payload = {
        "pairs": [[*pair, *ratio, credit] for pair, *ratio, credit in pairs], "addon": [[chosen, MONTH]] * addon,
    }  # fmt: skip
    market.venue.control(CommandKind.MARGIN, payload)
    before, after = (market.asked({**COMMODITIES, chosen: psr}) for psr in (low, low + more))
    for account, one, other in zip(ACCOUNTS, before, after, strict=True):
        assert one[0] <= other[0], f"full margin of account {account} falls from {one[0]} to {other[0]}"
        assert one[1] <= other[1], f"hold of account {account} falls from {one[1]} to {other[1]}"
