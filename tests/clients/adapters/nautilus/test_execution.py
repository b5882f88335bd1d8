"""A trading node at a real venue: the library's own strategies, orders of every kind, and a second start."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.clients.adapters.venue_scene import MONTHS, Scene, needs, play

pytestmark = needs("nautilus")
PATH = (2810, 2811, 2812, 2813, 2814, 2812, 2810, 2808, 2806, 2807, 2809, 2811, 2813, 2810, 2807, 2806)


async def make_market(at: Scene) -> None:
    """Both sides of a book, with enough lots for a whole test."""
    await at.first.sell(at.month, 1_000, "2.825")
    await at.second.buy(at.month, 1_000, "2.795")


async def print_trades(at: Scene, price_tick: int) -> None:
    """Two trades of the other traders."""
    for tick in (price_tick, price_tick + 1):
        await at.first.sell(at.month, 1, price_tick=tick)
        await at.second.buy(at.month, 1, price_tick=tick)


def order(probe: Any, kind: str = "limit", side: str = "BUY", lots: int = 2, price: str = "2.800", **terms: Any) -> Any:
    """An order of the probe."""
    from nautilus_trader.model.enums import OrderSide
    from nautilus_trader.model.objects import Price, Quantity

    from tests.clients.adapters.nautilus.node_scene import MONTH

    if kind == "limit":
        terms["price"] = Price.from_str(price)
    make = getattr(probe.order_factory, kind)
    name = terms.pop("instrument_id", MONTH)
    return make(instrument_id=name, order_side=OrderSide[side], quantity=Quantity.from_int(lots), **terms)


def test_the_stock_ema_cross_trades_to_real_fills(tmp_path: Path) -> None:
    """`nautilus_trader.examples.strategies.ema_cross.EMACross`, unchanged; it closes its positions when it stops."""
    from nautilus_trader.examples.strategies.ema_cross import EMACross, EMACrossConfig
    from nautilus_trader.model.data import BarType

    from tests.clients.adapters.nautilus.node_scene import MONTH, data_client, net_lots, running, venue_lots

    async def scene(at: Scene) -> None:
        bars = BarType.from_str(f"{MONTH}-2-TICK-LAST-INTERNAL")
        config = EMACrossConfig(
            instrument_id=MONTH, bar_type=bars, trade_size=Decimal(3), fast_ema_period=2, slow_ema_period=4,
            request_bars=False, subscribe_quote_ticks=True,
        )  # fmt: skip
        strategy = EMACross(config)
        await make_market(at)
        async with running(at, strategy) as (node, probe):
            await probe.until(lambda: len(data_client(node)._feeds) == 2)
            for place, tick in enumerate(PATH, 1):
                await print_trades(at, tick)
                await probe.until(lambda place=place: strategy.cache.bar_count(bars) >= place)
            await probe.until(lambda: not strategy.cache.orders_inflight() and not strategy.cache.orders_open())
            orders = strategy.cache.orders(strategy_id=strategy.id)
            filled = [one for one in orders if one.status_string() == "FILLED"]
            sides = {one.side_string() for one in filled}
            assert len(filled) == len(orders) >= 3 and sides == {"BUY", "SELL"}, [str(one) for one in orders]
            assert net_lots(node) == await venue_lots(node)
            assert all(int(one.filled_qty) == 3 and one.commissions() for one in filled)

    play(tmp_path, scene)


def test_the_stock_market_maker_trades_to_real_fills(tmp_path: Path) -> None:
    """`nautilus_trader.examples.strategies.market_maker.MarketMaker`, unchanged: book deltas in, limit orders out."""
    from nautilus_trader.examples.strategies.market_maker import MarketMaker

    from tests.clients.adapters.nautilus.node_scene import MONTH, net_lots, running, venue_lots

    async def scene(at: Scene) -> None:
        maker = MarketMaker(MONTH, Decimal(2), Decimal(100))
        async with running(at, maker) as (node, probe):
            await make_market(at)
            await probe.until(lambda: "OrderFilled" in probe.names())
            await probe.until(lambda: not maker.cache.orders_inflight())
            assert net_lots(node) == await venue_lots(node)

    play(tmp_path, scene)


def test_an_order_is_accepted_modified_and_cancelled(tmp_path: Path) -> None:
    from nautilus_trader.model.objects import Price, Quantity

    from tests.clients.adapters.nautilus.node_scene import running

    async def scene(at: Scene) -> None:
        async with running(at) as (_, probe):
            mine = order(probe)
            probe.submit_order(mine)
            await probe.until(lambda: mine.is_open)
            probe.modify_order(mine, quantity=Quantity.from_int(5), price=Price.from_str("2.801"))
            await probe.until(lambda: "OrderUpdated" in probe.names())
            assert (int(mine.quantity), str(mine.price)) == (5, "2.801")
            await at.first.sell(at.month, 1, "2.801")
            await probe.until(lambda: int(mine.filled_qty) == 1)
            probe.cancel_order(mine)
            await probe.until(lambda: mine.is_closed)
            assert probe.names() == [
                "OrderInitialized", "OrderSubmitted", "OrderAccepted", "OrderPendingUpdate", "OrderUpdated",
                "OrderFilled", "OrderPendingCancel", "OrderCanceled",
            ]  # fmt: skip

    play(tmp_path, scene)


def test_refusals_say_what_the_venue_said(tmp_path: Path) -> None:
    from nautilus_trader.model.objects import Price

    from tests.clients.adapters.nautilus.node_scene import running

    async def scene(at: Scene) -> None:
        async with running(at) as (_, probe):
            await at.first.sell(at.month, 1, "2.810")
            for wrong, event, text in (
                (order(probe, price="9.000"), "OrderRejected", "PRICE_BAND"),
                (order(probe, price="2.815", post_only=True), "OrderRejected", "POST_ONLY_WOULD_TAKE"),
                (order(probe, reduce_only=True), "OrderDenied", "no reduce-only orders"),
            ):
                probe.submit_order(wrong)
                await probe.until(lambda wrong=wrong: wrong.is_closed)
                assert text in probe.last(event).reason
            assert probe.events[-1].__class__.__name__ == "OrderDenied"
            mine = order(probe)
            probe.submit_order(mine)
            await probe.until(lambda: mine.is_open)
            probe.modify_order(mine, price=Price.from_str("9.000"))
            await probe.until(lambda: "OrderModifyRejected" in probe.names())
            assert "PRICE_BAND" in probe.last("OrderModifyRejected").reason

    play(tmp_path, scene)


def test_cancel_all_spares_the_orders_of_others(tmp_path: Path) -> None:
    from tests.clients.adapters.nautilus.node_scene import MONTH, Probe, running

    async def scene(at: Scene) -> None:
        other = Probe()
        async with running(at, other) as (_, probe):
            mine = [order(probe, lots=1) for _ in range(23)]
            theirs = order(other)
            for one in mine:
                probe.submit_order(one)
            other.submit_order(theirs)
            await probe.until(lambda: theirs.is_open and all(one.is_open for one in mine))
            probe.cancel_all_orders(MONTH)
            await probe.until(lambda: all(one.is_closed for one in mine))
            assert theirs.is_open

    play(tmp_path, scene)


def test_a_second_node_finds_orders_fills_and_positions_of_the_first(tmp_path: Path) -> None:
    from tests.clients.adapters.nautilus.node_scene import net_lots, running

    async def scene(at: Scene) -> None:
        async with running(at, cancel_on_disconnect=False) as (_, probe):
            mine = order(probe, lots=5)
            probe.submit_order(mine)
            await probe.until(lambda: mine.is_open)
            await at.first.sell(at.month, 2, "2.800")
            await probe.until(lambda: int(mine.filled_qty) == 2)
        async with running(at) as (node, probe):
            found = node.cache.order(mine.client_order_id)
            assert found is not None and found.is_open and int(found.filled_qty) == 2
            assert net_lots(node) == {"H100.G90.F27": 2}
            await at.first.sell(at.month, 3, "2.800")
            await probe.until(lambda: found.is_closed)
            assert net_lots(node) == {"H100.G90.F27": 5}

    play(tmp_path, scene)


def test_a_filled_spread_is_booked_in_its_legs(tmp_path: Path) -> None:
    from nautilus_trader.model.identifiers import InstrumentId

    from tests.clients.adapters.nautilus.node_scene import net_lots, running, venue_lots

    async def scene(at: Scene) -> None:
        async with running(at) as (node, probe):
            spread = InstrumentId.from_str("(1)H100.G90.F27_((1))H100.G90.G27.GPUX")
            instrument = node.cache.instrument(spread)
            assert type(instrument).__name__ == "FuturesSpread" and instrument.raw_symbol.value == MONTHS[2]
            listed = await at.first.instruments()
            await at.first.sell(listed[MONTHS[2]], 2, price_tick=20)
            mine = order(probe, price="0.020", instrument_id=spread)
            probe.submit_order(mine)
            await probe.until(lambda: mine.is_closed)
            await probe.until(lambda: len(net_lots(node)) == 2)
            assert net_lots(node) == {MONTHS[0]: 2, MONTHS[1]: -2} == await venue_lots(node)

    play(tmp_path, scene, MONTHS)


def test_the_account_has_equity_and_what_margin_binds(tmp_path: Path) -> None:
    from tests.clients.adapters.nautilus.node_scene import running

    async def scene(at: Scene) -> None:
        async with running(at) as (node, probe):
            (account,) = node.cache.accounts()
            assert str(account.id) == "GPUX-1" and account.balance_total().as_decimal() == 10**9
            probe.submit_order(order(probe))
            await probe.until(lambda: account.balance_locked().as_decimal() > 0)

    play(tmp_path, scene)


def test_after_lost_events_the_orders_are_queried_again(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from clients.client import connect
    from clients.credentials import Ed25519
    from clients.events import Reconnected
    from tests.clients.adapters.nautilus.node_scene import execution_client, net_lots, running

    async def scene(at: Scene) -> None:
        async with running(at) as (node, probe):
            mine = order(probe, lots=5)
            probe.submit_order(mine)
            await probe.until(lambda: mine.is_open)
            client = execution_client(node)
            takes, last_us = client._orders, client._last_us
            client._orders = SimpleNamespace(take_exec=lambda message: None, take_fill=lambda fill: None)
            await at.first.sell(at.month, 2, "2.800")
            async with connect(at.url, at.key, Ed25519.load(at.secret)) as other:
                await other.cancel_all()
            await probe.until(lambda: not client._session.core.orders.live())
            assert mine.is_open and int(mine.filled_qty) == 0
            client._orders, client._last_us = takes, last_us
            client._take(Reconnected(resumed=False))
            await probe.until(lambda: mine.is_closed)
            assert (mine.status_string(), int(mine.filled_qty)) == ("CANCELED", 2)
            assert net_lots(node) == {"H100.G90.F27": 2}

    play(tmp_path, scene)
