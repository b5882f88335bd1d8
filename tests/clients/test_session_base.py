"""Start and end of a session, its rates, and calls that wait when it ends."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.errors import ConnectFailed, NotLive, Refused, SessionOver
from clients.orders import Order
from exchange.main import RunningServer
from exchange.venue.bootstrap import OpenVenue
from exchange.wire.messages import InstrumentDefinition, Ping
from tests.clients.scenes import PRICE, SEEDS, cut, enrol, play


def mine(server: RunningServer, leave_orders: bool = False) -> Session:
    """One more session of the seller's key, with order ids of its own."""
    return connect(server.url, "k_t1", Ed25519.from_seed(SEEDS[1]), leave_orders=leave_orders)


def test_order_ids_that_are_made_are_no_options_of_a_shell() -> None:
    prefixes = {connect("ws://127.0.0.1", seed=seed)._order_prefix for seed in range(300)}
    assert len(prefixes) == 300 and all(prefix.isalnum() for prefix in prefixes)


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


@pytest.mark.rule("SESS-020")
@pytest.mark.parametrize("failure", [None, ValueError, asyncio.CancelledError])
@pytest.mark.parametrize(
    ("terms", "left"), [({}, {"stays"}), ({"leave_orders": True}, {"goes", "stays"})], ids=["default", "leave"]
)
def test_the_end_of_the_block_cancels_its_orders_unless_they_are_to_be_left(
    tmp_path: Path, terms: dict[str, bool], left: set[str], failure: type[BaseException] | None
) -> None:
    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        other = await seller.sell(month, 1, PRICE, tag="other")
        with suppress(ValueError, asyncio.CancelledError):
            async with mine(server, **terms) as session:
                await session.sell(month, 3, PRICE, tag="goes")
                await session.sell(month, 3, PRICE, tag="stays", cancel_on_disconnect=False)
                if failure is not None:
                    raise failure
        assert {view.tag for view in await seller.open_orders()} == left | {other.tag}

    play(tmp_path, scene)


def test_an_explicit_close_leaves_orders_and_needs_no_token(tmp_path: Path) -> None:
    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        async with mine(server) as session:
            assert session.core.hello is not None
            session.place("s", month, 3, price=PRICE)
            session.core.hello.inflight = 1
            await session.close()
        assert len(await seller.open_orders()) == 1

    play(tmp_path, scene)


def test_a_key_that_may_not_cancel_leaves_at_once(tmp_path: Path) -> None:
    def enrolling(venue: OpenVenue) -> None:
        enrol(venue)
        venue.make_key("reader", account=1, scopes=("read",), seed=bytes([3] * 32))

    async def scene(server: RunningServer, *_: Any) -> None:
        session = connect(server.url, "k_reader", Ed25519.from_seed(bytes([3] * 32)))
        async with session:
            assert not session.may_cancel
        assert session.refusals == 0 and session.core.close_wanted == "logged out"

    play(tmp_path, scene, enrolling=enrolling)


def test_a_call_that_has_no_answer_when_the_session_ends_fails(tmp_path: Path) -> None:
    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        calling = asyncio.create_task(seller.open_orders())
        await asyncio.sleep(0)
        await seller._stop()
        with pytest.raises(SessionOver, match="the session is over"):
            await calling

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
