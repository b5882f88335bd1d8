"""The order book (L3) of a real venue: it agrees with the depth at every command, and knows the queue."""

import random
from pathlib import Path

import pytest

from clients.client import Session
from exchange.codes import Side
from exchange.main import RunningServer
from exchange.wire.messages import InstrumentDefinition
from exchange.wire.version import SUBPROTOCOLS
from tests.clients.scenes import PRICE, play


@pytest.mark.rule("MDATA-011")
@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
def test_orders_and_depth_agree_while_the_market_trades(tmp_path: Path, subprotocol: str) -> None:
    async def scene(_: RunningServer, first: Session, second: Session, month: InstrumentDefinition) -> None:
        book = await first.book(month, cadence_ms=0)
        orders = await first.order_book(month)
        rng, compared, most = random.Random(11), 0, 0
        while compared < 20 or most <= 5:
            for session in (first, second):
                for _ in range(rng.randint(1, 5)):
                    lots = rng.randint(2, 9)
                    terms = {"display_lots": rng.randint(1, lots)} if rng.random() < 0.3 else {}
                    side, tick = rng.choice(("b", "s")), 2810 + rng.randint(-3, 3)
                    session.place(side, month, lots, price_tick=tick, tif="gtc", **terms)  # type: ignore[arg-type]
                for order in session.orders.live():
                    if rng.random() < 0.2 and order.working and not order.unanswered:
                        session.send_cancel(order)
            for session in (first, second):  # a pong says nothing about orders that wait for the engine
                await session._until(lambda orders=session.orders: not any(order.unanswered for order in orders.live()))
            most = max(most, len(orders))
            if book.engine_sequence == orders.engine_sequence:
                compared += 1
                for side_of in Side:
                    assert orders.difference(book.side(side_of).levels(), side_of, None) == ""
        assert (orders.gaps, orders.mismatches) == (0, 0)
        assert (book.gaps, book.mismatches) == (0, 0)

    play(tmp_path, scene, subprotocol)


@pytest.mark.rule("MDATA-011")
def test_a_program_sees_its_order_move_up_in_the_queue(tmp_path: Path) -> None:
    async def scene(_: RunningServer, first: Session, second: Session, month: InstrumentDefinition) -> None:
        orders = await second.order_book(month)
        ahead = await first.buy(month, 5, PRICE)
        own = await second.buy(month, 7, PRICE)
        await second._until(lambda: orders.order(own.order_id) is not None)
        place = orders.place(own.order_id)
        assert place is not None and (place.orders_ahead, place.lots_ahead, place.level_lots) == (1, 5, 12)
        await first.replace(ahead, 3)
        await second._until(lambda: getattr(orders.place(own.order_id), "lots_ahead", 5) == 3)
        await first.cancel(ahead)
        await second._until(lambda: getattr(orders.place(own.order_id), "orders_ahead", 1) == 0)

    play(tmp_path, scene)
