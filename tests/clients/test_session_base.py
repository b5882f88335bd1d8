"""Start and end of a session, its rates, and calls that wait when it ends."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.errors import ConnectFailed, NotLive, Refused, SessionOver
from clients.orders import Order
from exchange.main import RunningServer
from exchange.wire.messages import InstrumentDefinition, Ping
from tests.clients.scenes import PRICE, cut, play


@pytest.mark.parametrize(
    ("url", "named"),
    [("ws://127.0.0.1:1", "connection refused"), ("no-address", "no-address"), ("http://127.0.0.1:1", "http://")],
)
def test_a_venue_that_cannot_be_reached_is_one_error_that_names_it(url: str, named: str) -> None:
    async def dial() -> None:
        async with connect(url):
            raise AssertionError("there is no venue")

    with pytest.raises(ConnectFailed, match=named):
        asyncio.run(dial())


def test_a_refused_logon_is_an_error_with_the_reason(tmp_path: Path) -> None:
    async def scene(server: RunningServer, *_: Any) -> None:
        with pytest.raises(ConnectFailed, match="BAD_AUTH"):
            async with connect(server.url, "k_t1", Ed25519.generate()):
                raise AssertionError("the key is another one")

    play(tmp_path, scene)


def test_what_waits_when_the_session_ends_ends_too(tmp_path: Path) -> None:
    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        order = await seller.sell(month, 3, PRICE)
        waiting = asyncio.create_task(order.finished())
        await asyncio.sleep(0)
        await seller.close()
        with pytest.raises(SessionOver):
            await waiting
        assert not seller.live and seller.failure
        with pytest.raises(NotLive):
            await seller.request(Ping(request_id=1))

    play(tmp_path, scene)


def test_a_call_that_only_concerns_the_lost_connection_fails(tmp_path: Path) -> None:
    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        calling = asyncio.create_task(seller.ping())
        await asyncio.sleep(0)
        cut(seller)
        with pytest.raises(NotLive):
            await calling

    play(tmp_path, scene)


def test_a_session_counts_replies_refusals_and_how_long_they_took(tmp_path: Path) -> None:
    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        acks = seller.acks
        await seller.sell(month, 3, PRICE)
        with pytest.raises(Refused):
            await seller.cancel(Order(1, "unknown", month.instrument, "s"))
        assert (seller.acks, seller.refusals) == (acks + 2, 1) and seller.tokens("order") > 0
        assert len(seller.latencies_us) == seller.acks and min(seller.latencies_us) > 0

    play(tmp_path, scene)
