"""What must not change, or change in step, when the same orders come in another guise (INV-013, 028, 029)."""

import random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exchange.codes import CommandKind, EventKind, MarketState, Side
from exchange.conformance.venues import EngineVenue
from exchange.reference.rows import Command
from tests.market import account_payload, listing
from tests.strategies import PLAIN_ORDERS, plain_new

ORDERS = list[tuple[int, int, int]]
CENTRE = 100
FUNDS = 10**12


def market(centre: int = CENTRE) -> dict[str, Any]:
    book = listing(
        1, "M", settle_tick=centre, low_tick=centre - 50, high_tick=centre + 50, months=[(84, 1)], order_lots_max=10_000
    )
    terms = {"index": 1, "group": 1, "psr_mills": 1, "intra_mills": 0, "tier_mills": 0}
    return {"commodities": [{**terms, "spot_lots_max": 0, "spot_month": 0}], "instruments": [book]}


class Market:
    """The engine with one book and one rich account."""

    def __init__(self, state: MarketState, centre: int = CENTRE) -> None:
        self.venue, self.sequence = EngineVenue(), 0
        self.venue.control(CommandKind.LIST, market(centre))
        self.venue.control(CommandKind.DEFINE_ACCOUNT, account_payload(1, {}))
        self.row(CommandKind.DEPOSIT, account=1, amount_mills=FUNDS)
        for step in (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.OPEN):
            if step == MarketState.OPEN or state == MarketState.OPEN or step <= state:
                self.set_state(step)
                if step == state:
                    break

    def row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.venue.apply(Command(sequence=self.sequence, time_ns=self.sequence, kind=kind, **fields))

    def set_state(self, state: MarketState) -> list[Any]:
        return self.row(CommandKind.SET_STATE, group=1, market_state=state)

    def enter(self, side: int, price: int, lots: int, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.venue.apply(plain_new(self.sequence, side, price, lots, **fields))


def trades(orders: ORDERS, centre: int = CENTRE) -> list[tuple[int, int, int]]:
    """(price, lots, side of the aggressor) of each trade of continuous matching."""
    place = Market(MarketState.OPEN, centre)
    events = [event for order in orders for event in place.enter(*order)]
    fills = [event for event in events if event.kind == EventKind.FILL][1::2]
    return [(event.trade_tick, event.lots, event.side) for event in fills]


def uncross(orders: ORDERS) -> tuple[list[int], list[Any]]:
    """(executed lots of each order, events of the uncross)."""
    place = Market(MarketState.PREOPEN)
    ids = [place.enter(*order)[0].order_id for order in orders]
    events = place.set_state(MarketState.OPEN)
    executed = dict.fromkeys(ids, 0)
    for event in events:
        if event.kind == EventKind.FILL:
            executed[event.order_id] += event.lots
    return [executed[order_id] for order_id in ids], events


@given(orders=PLAIN_ORDERS, shift=st.integers(-60, 60))
@settings(max_examples=25)
@pytest.mark.rule("INV-028")
def test_all_prices_shifted_trade_the_same_shifted(orders: ORDERS, shift: int) -> None:
    moved = [(side, price + shift, lots) for side, price, lots in orders]
    expected = [(price + shift, lots, side) for price, lots, side in trades(orders)]
    assert trades(moved, CENTRE + shift) == expected


@given(orders=PLAIN_ORDERS)
@settings(max_examples=25)
@pytest.mark.rule("INV-028")
@pytest.mark.rule("MATCH-002")
def test_sides_swapped_and_prices_negated_trade_mirrored(orders: ORDERS) -> None:
    mirrored = [(1 - side, -price, lots) for side, price, lots in orders]
    expected = [(-price, lots, 1 - side) for price, lots, side in trades(orders)]
    assert trades(mirrored, -CENTRE) == expected


@given(orders=PLAIN_ORDERS, factor=st.integers(2, 500))
@settings(max_examples=25)
@pytest.mark.rule("INV-028")
def test_quantities_scaled_trade_scaled(orders: ORDERS, factor: int) -> None:
    scaled = [(side, price, lots * factor) for side, price, lots in orders]
    expected = [(price, lots * factor, side) for price, lots, side in trades(orders)]
    assert trades(scaled) == expected


@given(orders=PLAIN_ORDERS, side=st.sampled_from(list(Side)), entered=st.integers(0, 14), left=st.integers(0, 14))
@settings(max_examples=25)
@pytest.mark.rule("INV-029")
def test_a_far_passive_order_later_cancelled_changes_nobodys_fills(
    orders: ORDERS, side: int, entered: int, left: int
) -> None:
    place = Market(MarketState.OPEN)
    far = 60 if side == Side.BUY else 140
    found: list[tuple[int, int, int]] = []
    order_id = 0
    for number, order in enumerate(orders):
        if number == min(entered, left):
            order_id = place.enter(side, far, 7)[0].order_id
        if number == max(entered, left) and order_id:
            place.row(CommandKind.CANCEL, account=1, order_id=order_id)
        fills = [event for event in place.enter(*order) if event.kind == EventKind.FILL][1::2]
        found += [(event.trade_tick, event.lots, event.side) for event in fills]
    assert found == trades(orders)


@given(orders=PLAIN_ORDERS, seed=st.integers(0, 1_000))
@settings(max_examples=30)
@pytest.mark.rule("INV-013")
def test_uncross_fills_do_not_depend_on_when_orders_at_other_prices_came(orders: ORDERS, seed: int) -> None:
    """Orders are shuffled, those of one side and price stay in their own order."""
    levels: dict[tuple[int, int], list[int]] = {}
    for number, (side, price, _) in enumerate(orders):
        levels.setdefault((side, price), []).append(number)
    tickets = [key for key, numbers in levels.items() for _ in numbers]
    random.Random(seed).shuffle(tickets)
    queues = {key: iter(numbers) for key, numbers in levels.items()}
    shuffled = [next(queues[key]) for key in tickets]
    executed, _ = uncross(orders)
    again, _ = uncross([orders[number] for number in shuffled])
    assert [executed[number] for number in shuffled] == again


@given(orders=PLAIN_ORDERS)
@settings(max_examples=40)
@pytest.mark.rule("INV-012")
@pytest.mark.rule("AUC-002")
@pytest.mark.rule("AUC-003")
@pytest.mark.rule("AUC-004")
@pytest.mark.rule("AUC-010")
def test_uncross_trades_the_most_with_the_least_left_over(orders: ORDERS) -> None:
    """Brute force over every tick, and over every order what its price entitles it to."""
    executed, events = uncross(orders)
    told = [event for event in events if event.kind == EventKind.UNCROSSED]

    def at(price: int) -> tuple[int, int]:
        buys = sum(lots for side, limit, lots in orders if side == Side.BUY and limit >= price)
        sells = sum(lots for side, limit, lots in orders if side == Side.SELL and limit <= price)
        return -min(buys, sells), abs(buys - sells)

    best = min(at(price) for price in range(90, 111))
    assume(best[0] < 0)
    (unx,) = told
    assert at(unx.price) == best == (-unx.lots, abs(unx.leaves_lots))
    for (side, limit, lots), done in zip(orders, executed, strict=True):
        better = limit - unx.price if side == Side.BUY else unx.price - limit
        assert done == lots if better > 0 else (done == 0 if better < 0 else 0 <= done <= lots)
