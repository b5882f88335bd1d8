"""A desk follows its firm at a real venue: resumes by itself, misses nothing, stops an account."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.drop_copy.desk import DropCopy, connect_drop_copy
from clients.errors import ConnectFailed
from clients.events import Gap
from exchange.main import RunningServer
from exchange.venue.bootstrap import OpenVenue
from exchange.wire.messages import AccountMessage, CancelTerms, Fill, InstrumentDefinition
from exchange.wire.version import SUBPROTOCOLS
from tests.clients.scenes import PRICE, play

DESK = bytes([9] * 32)
SECRET = Ed25519.from_seed(DESK)


def with_firm(venue: OpenVenue) -> None:
    """Accounts 1 and 2 of firm 5, and the key of its desk."""
    for account in (1, 2):
        venue.make_key(f"t{account}", account=account, deposit_mills=10**12, seed=bytes([account] * 32), firm=5)
    venue.make_key("desk", account=1, scopes=("dc", "risk"), seed=DESK)


async def read(desk: DropCopy, count: int) -> list[Any]:
    found: list[Any] = []
    async for message in desk.messages():
        found.append(message)
        if len(found) == count:
            return found
    return found


def numbers(messages: list[Any]) -> list[int]:
    return [message.drop_sequence for message in messages]


@pytest.mark.rule("ACCT-010", "RECOV-010")
@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
def test_a_desk_gets_every_message_of_its_firm_also_those_of_while_it_was_away(
    tmp_path: Path, subprotocol: str
) -> None:
    async def scene(server: RunningServer, one: Session, two: Session, month: InstrumentDefinition) -> None:
        async with connect_drop_copy(server.url, "k_desk", SECRET, subprotocol=subprotocol) as desk:
            assert desk.members == (1, 2)
            begin = desk.core.sequence
            await one.buy(month, 3, PRICE)
            await two.sell(month, 2, PRICE)
            first = await read(desk, 8)
            assert {message.account for message in first} == {1, 2} and any(isinstance(one, Fill) for one in first)
            for connection in list(server.gateway.connections):
                if connection.path == "/v1/dc":  # type: ignore[attr-defined]
                    connection.close(4010, "test")
            await one.buy(month, 1, PRICE)
            later = await read(desk, 1)
            assert numbers(first + later) == list(range(begin + 1, begin + 10))
            session_id, last = desk.core.session_id, numbers(later)[-1]
        await one.cancel_all()
        async with connect_drop_copy(server.url, "k_desk", SECRET, session_id=session_id, sequence=last) as desk:
            assert numbers(await read(desk, 2)) == [last + 1, last + 2], "the program goes on where it stopped"

    play(tmp_path, scene, enrolling=with_firm)


@pytest.mark.rule("ACCT-010", "RECOV-014")
def test_what_a_slow_program_has_dropped_is_asked_for_again(tmp_path: Path) -> None:
    async def scene(server: RunningServer, one: Session, two: Session, month: InstrumentDefinition) -> None:
        async with connect_drop_copy(server.url, "k_desk", SECRET, events_max=4) as desk:
            begin = desk.core.sequence
            for _ in range(12):
                await one.cancel(await one.buy(month, 1, PRICE))
            while desk.core.sequence < begin + 24:
                await asyncio.sleep(0)
            reading = asyncio.create_task(read(desk, 26))
            await one.cancel(await one.buy(month, 1, PRICE))
            assert numbers(await reading) == list(range(begin + 1, begin + 27))

    play(tmp_path, scene, enrolling=with_firm)


@pytest.mark.rule("RECOV-013")
def test_what_the_venue_keeps_no_more_is_a_gap() -> None:
    class Forgetful(DropCopy):
        async def _kept(self, first: int, last: int) -> list[AccountMessage]:
            return []

    async def run() -> None:
        desk = connect_drop_copy("ws://127.0.0.1:1", "k_desk", SECRET, session_id="s_00000001", sequence=7)
        desk.__class__ = Forgetful
        newest = Fill(1, 5, 9, 0, 1, 1, "a", 1, "b", 1, 1, 0, 1, 1, "maker", 0, "filled", drop_sequence=12)
        assert [message async for message in desk._up_to(newest)] == [Gap("drop copy", 8, 12), newest]

    asyncio.run(run())


@pytest.mark.rule("ACCT-011")
def test_a_desk_stops_and_lifts_and_asks_about_its_members(tmp_path: Path) -> None:
    async def scene(server: RunningServer, one: Session, two: Session, month: InstrumentDefinition) -> None:
        async with connect_drop_copy(server.url, "k_desk", SECRET) as desk:
            order = await one.buy(month, 3, PRICE)
            assert [view.client_order_id for view in await desk.open_orders(1)] == [order.client_order_id]
            assert await desk.kill("firm") == 1
            assert (await order.finished()).reason == "kill"
            await desk.unkill("firm")
            await one.buy(month, 1, PRICE)
            assert (await desk.margin(1)).initial_margin_mills > 0 and await desk.positions(2) == []

    play(tmp_path, scene, enrolling=with_firm)


@pytest.mark.rule("ACCT-010")
def test_a_key_for_something_else_and_a_session_of_orders_are_refused_by_name(tmp_path: Path) -> None:
    async def scene(server: RunningServer, one: Session, two: Session, month: InstrumentDefinition) -> None:
        with pytest.raises(ConnectFailed, match="SCOPE"):
            async with connect_drop_copy(server.url, "k_t1", Ed25519.from_seed(bytes([1] * 32))):
                pass
        with pytest.raises(ValueError, match="connect_drop_copy"):
            connect(f"{server.url}/v1/dc", "k_desk", SECRET, cancel_terms=CancelTerms(mode="off"))

    play(tmp_path, scene, enrolling=with_firm)
