"""Reconciliation against a real venue: nothing differs while it trades, and a state that was spoilt is repaired."""

import random
from pathlib import Path

from clients.client import Session
from exchange.main import RunningServer
from exchange.wire.messages import InstrumentDefinition, PositionView
from tests.clients.scenes import PRICE, play


def test_nothing_differs_while_the_account_trades(tmp_path: Path) -> None:
    async def scene(_: RunningServer, first: Session, second: Session, month: InstrumentDefinition) -> None:
        rng, reports = random.Random(3), []
        while len(reports) < 12 or not reports[-1].fills:
            for session in (first, second):
                for _ in range(rng.randint(1, 6)):
                    tick = 2810 + rng.randint(-3, 3)
                    session.place(
                        rng.choice("bs"), month, rng.randint(1, 5), price_tick=tick, tif=rng.choice(("gtc", "ioc"))
                    )  # type: ignore[arg-type]
            reports.append(await first.reconcile())
        assert all(not report.differences for report in reports), [report.differences for report in reports]
        assert reports[-1].fills and reports[-1].first <= min(fill.sequence for fill in reports[-1].fills)
        assert sum(fill.lots for fill in reports[-1].fills) > 0

    play(tmp_path, scene)


def test_differences_are_named_and_repaired(tmp_path: Path) -> None:
    async def scene(_: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        resting = await seller.sell(month, 9, PRICE, tif="gtc")
        ended = await seller.sell(month, 2, "2.820", tif="gtc")
        await buyer.buy(month, 4, PRICE, tif="ioc")
        await seller._until(lambda: seller.position_lots(month) == -4)
        state = seller.core.accounts[1]
        sequence = resting.engine_sequence
        state.fills_seen.clear()
        state.repair([PositionView(month.instrument, 77, 0, 0, 0)], 2**50, [])
        resting.take_view((await seller.find_order(resting.client_order_id)), sequence)
        resting.price_tick, resting.leaves_lots = 9, 9
        ended_view = await seller.find_order(ended.client_order_id)
        await seller.cancel(ended)
        ended.take_view(ended_view, ended.engine_sequence)  # as if the cancel had been missed
        seller.core.orders.clear()
        for order in (ended,):
            seller.core.orders.repair(1, ended_view, order.engine_sequence)
        state._moved.clear()
        report = await seller.reconcile()
        assert sorted(difference.kind for difference in report.differences) == [
            "fill not seen", "order unknown at the venue", "order unknown here", "position differs"
        ]  # fmt: skip
        again = await seller.reconcile()
        assert not again.differences, again.differences
        assert seller.position_lots(month) == -4
        found = seller.orders.get(1, resting.client_order_id)
        assert found is not None and (found.leaves_lots, found.filled_lots, found.price_tick) == (5, 4, 2810)
        lost = seller.orders.get(1, ended.client_order_id)
        assert lost is not None and lost.state == "cancelled"

    play(tmp_path, scene)


def test_fills_are_reported_from_the_number_that_was_asked_for(tmp_path: Path) -> None:
    async def scene(_: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        await seller.sell(month, 9, PRICE, tif="gtc")
        for _ in range(3):
            await buyer.buy(month, 1, PRICE, tif="ioc")
        await buyer._until(lambda: buyer.position_lots(month) == 3)
        whole = await buyer.reconcile()
        assert len(whole.fills) == 3 and len(whole.positions) == 1 and not whole.orders
        later = await buyer.reconcile(since=whole.fills[1].sequence)
        assert [fill.trade_id for fill in later.fills] == [fill.trade_id for fill in whole.fills[1:]]
        assert (later.first, later.last) == (whole.fills[1].sequence, whole.last)

    play(tmp_path, scene)
