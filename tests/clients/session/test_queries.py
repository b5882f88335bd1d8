"""What a session asks, against a real venue."""

from pathlib import Path
from time import perf_counter

import pytest

from clients.client import Session
from clients.errors import NotLive, Refused
from exchange.main import RunningServer
from exchange.publish import account_views
from exchange.wire.messages import ChannelSpec, Exec, Fill, InstrumentDefinition, Trades
from tests.clients.scenes import PRICE, cut, play


def test_orders_fills_positions_margin_and_time_are_answered(tmp_path: Path) -> None:
    async def scene(_: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        order = await seller.sell(month, 12, PRICE, tag="grid")
        assert [(view.client_order_id, view.leaves_lots) for view in await seller.open_orders()] == [
            (order.client_order_id, 12)
        ]
        await buyer.buy(month, 5, PRICE, tif="ioc")
        view = await seller.find_order(order.client_order_id)
        assert (view.order_id, view.leaves_lots, view.tag) == (order.order_id, 7, "grid")
        assert (await seller.find_order(order_id=order.order_id)).client_order_id == order.client_order_id
        with pytest.raises(Refused, match="UNKNOWN_ORDER"):
            await seller.find_order("nobody")
        assert [(row.instrument, row.lots) for row in await seller.positions()] == [(month.instrument, -5)]
        assert (await seller.margin()).initial_margin_mills > 0
        last = seller.core.accounts[1].sequence
        assert [fill.lots for fill in await seller.fills(1, last)] == [5]
        assert abs(await seller.venue_time_us() - seller.core.hello.time_us) < 60_000_000  # type: ignore[union-attr]
        begin_s = perf_counter()
        assert 0 < await seller.ping() < perf_counter() - begin_s
        assert {use.bucket for use in await seller.limits()} >= {"order", "cancel", "quote", "query", "replay"}

    play(tmp_path, scene)


@pytest.mark.rule("WIRE-003")
def test_open_orders_of_several_pages_are_one_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_views, "PAGE_ORDERS", 2)

    async def scene(_: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        orders = [await seller.sell(month, 1, PRICE) for _ in range(5)]
        found = [view.order_id for view in await seller.open_orders()]
        assert found == sorted(order.order_id for order in orders)

    play(tmp_path, scene)


@pytest.mark.rule("RECOV-014")
def test_the_past_of_an_account_and_of_a_channel_comes_again(tmp_path: Path) -> None:
    async def scene(_: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        (feed,) = await seller.subscribe(ChannelSpec(name_of_channel="trades", instrument=month.instrument))
        order = await seller.sell(month, 12, PRICE)
        for _number in range(3):
            await buyer.buy(month, 2, PRICE, tif="ioc")
        account = seller.core.accounts[1]
        await seller._until(lambda: feed.sequence == 3 and order.filled_lots == 6)
        again = await seller.replay(1, account.sequence)
        assert [message.sequence for message in again] == list(range(1, account.sequence + 1))  # type: ignore[attr-defined]
        assert sum(isinstance(message, Fill) for message in again) == 3
        assert any(isinstance(message, Exec) for message in again)
        assert order.filled_lots == 6 and seller.position_lots(month) == -6, "nothing happened twice"
        prints = await seller.replay(2, 3, feed)
        assert [message.rows[0][2] for message in prints if isinstance(message, Trades)] == [2, 2]
        assert feed.sequence == 3
        await seller.unsubscribe(feed)
        await buyer.buy(month, 2, PRICE, tif="ioc")
        await seller._until(lambda: order.filled_lots == 8)
        assert feed.sequence == 3

    play(tmp_path, scene)


@pytest.mark.rule("MARGIN-018")
def test_a_session_asks_what_orders_and_lots_would_cost_before_it_sends_them(tmp_path: Path) -> None:
    async def scene(_: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        now = await seller.margin()
        offer = seller.new("s", month, 12, PRICE)
        then = await seller.what_if([offer], [(month, 3)])
        assert [(part.commodity, part.scan_mills) for part in then.parts] == [("H100", 3 * 744 * 400)]
        (result,) = then.results
        assert result.code is None and result.need_mills > 0 and not result.only_closes
        alone = await seller.what_if([offer])
        await seller.sell(month, 12, PRICE)
        assert (await seller.margin()).free_margin_mills == alone.free_margin_mills < now.free_margin_mills
        with pytest.raises(Refused, match="LOTS_RANGE"):
            await seller.what_if([seller.new("s", month, 0, PRICE)])
        with pytest.raises(ValueError, match="has no limit price"):
            await seller.what_if([seller.new("s", month, 1, order_type="market")])

    play(tmp_path, scene)


@pytest.mark.rule("SETTLE-013")
def test_a_session_asks_for_its_statement(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, *__: object) -> None:
        assert await session.statement() is None, "no day is settled"
        today = await session.today()
        assert today.day == "" and today.moved_mills == today.closing_mills == (await session.margin()).equity_mills

    play(tmp_path, scene)


def test_a_question_on_a_lost_connection_is_told_so(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, *__: object) -> None:
        cut(session)
        with pytest.raises(NotLive):
            await session.limits()

    play(tmp_path, scene)
