"""What must hold for every pro-rata pass, whatever the level and the terms (INV-014)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.codes import CommandKind, EventKind, MarketState, Matching, Side
from exchange.conformance.venues import EngineVenue, rows
from exchange.limits import MEDIUM, STEP_EVENTS
from exchange.reference.rows import Command
from tests.market import account_payload, listing
from tests.strategies import plain_new

PRICE = 100
LARGEST = 10_000
TERMS = st.fixed_dictionaries(
    {
        "top": st.booleans(),
        "top_lots_max": st.sampled_from([0, 1, 5, 40]),
        "split_percent": st.sampled_from([0, 10, 50, 100]),
        "minimum_allocation": st.sampled_from([0, 1, 2, 7, 100]),
    }
)
LEVELS = st.lists(st.integers(1, 60), min_size=1, max_size=12)


def level(sizes: list[int], terms: dict[str, Any], leads: list[tuple[int, int]]) -> tuple[EngineVenue, list[int]]:
    """A pro-rata book with one level of sell orders; lead makers hold the first orders. Returns their ids."""
    venue = EngineVenue()
    book = listing(1, "M", months=[(84, 1)], order_lots_max=LARGEST, matching=Matching.PRO_RATA, sharing=terms)
    commodity = {"index": 1, "group": 1, "psr_mills": 1, "intra_mills": 0, "tier_mills": 0}
    payload = {"commodities": [{**commodity, "spot_lots_max": 0, "spot_month": 0}], "instruments": [book]}
    venue.control(CommandKind.LIST, payload)
    for account in range(1, 2 + len(leads)):
        venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
        venue.apply(Command(sequence=account, kind=CommandKind.DEPOSIT, account=account, amount_mills=10**12))
    if leads:
        venue.control(CommandKind.LEAD_MAKERS, {"makers": leads, "group": 1})
    for state in (MarketState.PREOPEN, MarketState.OPEN):
        venue.apply(Command(sequence=10, kind=CommandKind.SET_STATE, group=1, market_state=state))
    ids = []
    for number, lots in enumerate(sizes):
        owner = 2 + number if number < len(leads) else 1
        ids.append(venue.apply(plain_new(20 + number, Side.SELL, PRICE, lots, account=owner))[0].order_id)
    return venue, ids


def shares(venue: EngineVenue, ids: list[int], lots: int) -> list[int]:
    events = venue.apply(plain_new(1_000, Side.BUY, PRICE, lots))
    fills = [event for event in events if event.kind == EventKind.FILL]
    got = dict.fromkeys(ids, 0)
    for maker, taker in zip(fills[::2], fills[1::2], strict=True):
        assert maker.lots == taker.lots and maker.price == PRICE
        assert got[maker.order_id] == 0, "one trade a maker and pass (PRO-007)"
        got[maker.order_id] = maker.lots
    traded = [event.order_id for event in fills[::2]]
    assert traded == [order_id for order_id in ids if got[order_id]], "in time order (PRO-007)"
    return [got[order_id] for order_id in ids]


@given(sizes=LEVELS, lots=st.integers(1, 400), terms=TERMS, percents=st.lists(st.integers(1, 16), max_size=3))
@settings(max_examples=60)
@pytest.mark.rule("INV-014")
@pytest.mark.rule("PRO-001")
def test_shares_add_up_and_none_is_larger_than_what_shows(
    sizes: list[int], lots: int, terms: dict[str, Any], percents: list[int]
) -> None:
    leads = [(2 + number, percent) for number, percent in enumerate(percents)]
    got = shares(*level(sizes, terms, leads), lots)
    assert sum(got) == min(lots, sum(sizes))
    assert all(0 <= share <= size for share, size in zip(got, sizes, strict=True))


@given(sizes=LEVELS, lots=st.integers(1, 400), minimum=st.sampled_from([0, 1, 2, 7]))
@settings(max_examples=40)
@pytest.mark.rule("INV-014")
@pytest.mark.rule("PRO-005")
def test_a_larger_order_gets_no_smaller_share_but_for_what_goes_by_time(
    sizes: list[int], lots: int, minimum: int
) -> None:
    """Without TOP and lead makers: an order that is larger and older never gets less."""
    terms = {"top": False, "minimum_allocation": minimum}
    got = shares(*level(sizes, terms, []), lots)
    for older in range(len(sizes)):
        for newer in range(older + 1, len(sizes)):
            if sizes[older] >= sizes[newer]:
                assert got[older] >= got[newer]


@pytest.mark.rule("PRO-008")
def test_the_largest_orders_are_shared_exactly() -> None:
    sizes = [LARGEST] * 30
    venue, ids = level(sizes, {"top": False}, [])
    lots = LARGEST - 1
    share = LARGEST * lots // sum(sizes)
    got = shares(venue, ids, lots)
    assert got == [share + lots - 30 * share] + [share] * 29


@pytest.mark.rule("PRO-007")
@pytest.mark.rule("INV-020")
def test_a_level_of_many_orders_fits_through_the_shortest_event_buffer() -> None:
    sizes = [3 + number % 5 for number in range(MEDIUM.orders - 2)]
    long, _ = level(sizes, {}, [])
    short, _ = level(sizes, {}, [])
    short.engine.outs["capacity"] = STEP_EVENTS
    order = rows([plain_new(9_000, Side.BUY, PRICE, sum(sizes) // 2)])
    assert long.engine.apply(order).tobytes() == short.engine.apply(order).tobytes()
    assert long.engine.state_hash() == short.engine.state_hash()
