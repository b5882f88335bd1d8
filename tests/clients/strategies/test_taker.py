"""The taker's decisions, without a venue."""

import asyncio
import random
from typing import Any, cast

from clients.client import Session
from clients.strategies.taker import MOOD_MAX, Taker
from tests.clients.stub_session import StubSession

MONTHS = ["H100.G90.F27", "H100.G90.G27"]


def taking(seed: int = 1, **terms: Any) -> tuple[Taker, StubSession]:
    stub = StubSession(MONTHS)
    for number in stub.books:
        stub.load(number, [[2840, 50]], [[2850, 50]])
    taker = Taker(MONTHS, random.Random(seed), **terms)
    taker.session = cast(Session, stub)
    asyncio.run(taker.start())
    return taker, stub


def orders(stub: StubSession) -> list[tuple[int, str, int, int]]:
    return [(order.instrument, order.side, order.price_tick, order.order_lots) for order in stub.placed]


def test_the_same_seed_and_market_give_the_same_orders() -> None:
    runs = []
    for seed in (1, 1, 2):
        taker, stub = taking(seed)
        for _ in range(50):
            taker.on_timer()
        runs.append(orders(stub))
    assert runs[0] == runs[1] != runs[2]


def test_it_takes_the_touch_with_a_little_slippage_and_never_rests() -> None:
    taker, stub = taking(orders_per_second=100, slippage_ticks=2, lots_max=5)
    for _ in range(20):
        taker.on_timer()
    assert {(side, price) for _, side, price, _ in orders(stub)} == {("b", 2852), ("s", 2838)}
    assert all(terms == {"tif": "ioc"} for terms in stub.terms)
    assert {lots for *_, lots in orders(stub)} <= set(range(1, 6))


def test_it_sends_as_many_orders_as_asked_on_average() -> None:
    taker, stub = taking(orders_per_second=25)
    for _ in range(400):  # 40 seconds
        taker.on_timer()
    assert 900 <= len(stub.placed) <= 1_100


def test_beyond_its_limit_it_only_reduces() -> None:
    taker, stub = taking(inventory_lots_max=100, orders_per_second=50)
    stub.positions = {1: 100, 2: -100}
    for _ in range(40):
        taker.on_timer()
    assert {(number, side) for number, side, _, _ in orders(stub)} == {(1, "s"), (2, "b")}


def test_nothing_is_sent_into_an_empty_side() -> None:
    taker, stub = taking(orders_per_second=50)
    for number in stub.books:
        stub.books[number].clear("")
        stub.load(number, [], [])
    taker.on_timer()
    assert stub.placed == []


def test_the_mood_wanders_within_its_bounds() -> None:
    taker, _ = taking(orders_per_second=1_000)
    seen = set()
    for _ in range(50):
        taker.on_timer()
        seen.update(taker.moods)
    assert len(seen) > 20 and max(map(abs, seen)) <= MOOD_MAX
