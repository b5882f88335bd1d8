"""What the desk notes of events, and its kill with and without a key for risk."""

import asyncio
from typing import Any

import pytest

from clients.errors import Refused
from clients.events import Disconnected, Filled, Gap, Overflow, Reconnected
from clients.orders import Order
from exchange.cli.trading.asking import asked
from exchange.cli.trading.place import Access
from exchange.cli.trading.screen.desk import TradingDesk
from exchange.wire.messages import Call, Fill, Lag
from tests.cli.trading.conftest import SYMBOLS, RunningVenue
from tests.cli.trading.screen.keyboard import still_desk
from tests.clients.scenes import SYMBOL


def test_gaps_drops_lag_and_calls_are_counted() -> None:
    desk = still_desk([], [])
    for event in (
        Gap("depth 1", 1, 3),
        Gap("depth 1", 3, 5),
        Overflow(7),
        Lag(1, 1, 1, ""),
        Call(7, 1, 1, 1, "close_only"),
        Call(8, 1, 1, 1, "liquidating"),  # another account of the key
    ):
        desk.take(event)
    assert (desk.gaps, desk.drops, desk.lagging, desk.call) == (2, 7, True, "close_only")
    desk.take(Disconnected(1006, "gone"))
    assert desk.notice == "connection lost: gone" and not desk.lagging and desk.rtt_ms is None
    desk.take(Reconnected(True))
    assert desk.call == "close_only"
    desk.take(Reconnected(False))
    assert desk.notice == "connected again, with a new session"
    assert desk.call == "", "a snapshot does not say whether the call still stands"


def test_a_fill_is_said() -> None:
    desk = still_desk([], [])
    fill = Fill(7, 1, 1, 1, 1, 5, "c", 9, "s", 2810, 3, 4, 3, 8430, "maker", 0, "open")
    desk.take(Filled(Order(7, "c", 1, "s"), fill))
    assert desk.notice == f"filled: sell 3 {SYMBOL} at 2.810, 4 left"


def test_only_working_orders_of_the_account_are_its_own() -> None:
    desk = still_desk([], [])
    for account, name, state in ((7, "a", "open"), (7, "b", "cancelled"), (8, "c", "open"), (7, "d", "pending")):
        order = desk.session.orders.open(account, name, 1, "b")
        order.state = state
    assert [order.client_order_id for order in desk.orders()] == ["a", "d"]


@pytest.mark.parametrize("name", ["alice", "desk"])
@pytest.mark.rule("ACCT-011")
def test_a_kill_cancels_everything_and_stops_until_it_is_released(name: str, venue: RunningVenue) -> None:
    """With a key for risk the venue itself refuses new orders; with any other the screen does."""

    async def run() -> list[str]:
        said = []
        place = Access(venue.url, f"k_{name}", str(venue.keys / f"{name}.pem"))
        async with asked(place) as session, asked(place) as again:
            desk = TradingDesk(session, session.core.account)
            row = await session.instrument(SYMBOL)
            for price in ("2.801", "2.802"):
                await again.buy(row, 1, price)  # of another session of the account
            assert await desk.attempt("kill", desk.kill())
            said.append(desk.notice)
            assert desk.stopped and await session.open_orders() == []
            if name == "desk":
                with pytest.raises(Refused, match="KILLED"):
                    await again.buy(row, 1, "2.801")
            assert await desk.attempt("release", desk.release())
            assert not desk.stopped
            await again.buy(row, 1, "2.801")
            await again.cancel_all()
        return said

    (said,) = asyncio.run(asyncio.wait_for(run(), 120))
    assert said == (
        "killed: the venue refuses new orders, 2 cancelled"
        if name == "desk"
        else "stopped: 2 orders cancelled, no new ones from this screen"
    )


def test_instruments_that_are_asked_for_at_once_are_shown_one_after_another(venue: RunningVenue) -> None:
    async def run() -> tuple[str, set[str]]:
        async with asked(Access(venue.url, "k_alice", str(venue.keys / "alice.pem"))) as session:
            desk = TradingDesk(session, 1)
            rows = [await session.instrument(symbol) for symbol in SYMBOLS]
            await asyncio.gather(*map(desk.look_at, rows))
            assert desk.market is not None
            specs = session.core.feeds.specs()
            return desk.market.instrument.symbol, {desk.symbol(spec.instrument) for spec in specs if spec.instrument}

    assert asyncio.run(asyncio.wait_for(run(), 120)) == (SYMBOLS[-1], {SYMBOLS[-1]}), "all other channels ended"


def test_what_is_refused_is_noted(venue: RunningVenue) -> None:
    async def run() -> tuple[bool, str]:
        async with asked(Access(venue.url, "k_alice", str(venue.keys / "alice.pem"))) as session:
            desk = TradingDesk(session, 1)
            gone: Any = Order(1, "gone", 1, "b")
            return await desk.attempt("cancel", desk.cancel([gone])), desk.notice

    done, notice = asyncio.run(run())
    assert not done and notice.startswith("cancel refused: UNKNOWN_ORDER")
