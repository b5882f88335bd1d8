"""A session on a recording: requests that were recorded are answered, others are only kept."""

import asyncio
import json
from typing import Any

import pytest

from clients.recording.file_format import RecordedFrame, RecordingHeader, RecordKind
from clients.recording.replay_session import ReplaySession
from clients.refusals.kinds import RequestFaulty
from exchange.wire.messages import CancelAll, ChannelSpec, New
from exchange.wire.version import JSON_SUBPROTOCOL
from tests.clients.scripted_venue import H27, HELLO, KEY, LIVE, OK_NEW, SNAPSHOT, WELCOME

COID = OK_NEW["coid"]
SENT = {"t": "new", "id": 2, "i": H27, "side": "b", "px": 2845, "q": 12, "coid": COID}


HEADER = RecordingHeader(1, "0.5.0", "localhost", "/v1/oe", KEY, JSON_SUBPROTOCOL, "abc")
AUTH = {"t": "auth", "id": 1, "key": KEY, "sig": "x"}


def session() -> ReplaySession:
    found = ReplaySession(HEADER)
    feed(found, (RecordKind.OPENED, None), (RecordKind.RECEIVED, HELLO), (RecordKind.SENT, AUTH))
    feed(found, *((RecordKind.RECEIVED, message) for message in (WELCOME, SNAPSHOT, LIVE)))
    return found


def feed(found: ReplaySession, *rows: tuple[RecordKind, Any]) -> list[Any]:
    return [
        event
        for kind, message in rows
        for event in found.take_record(RecordedFrame(kind, 5, b"" if message is None else json.dumps(message).encode()))
    ]


def new(**changes: Any) -> New:
    usual = {"request_id": 1, "instrument": H27, "side": "b", "price_tick": 2845, "order_lots": 12}
    return New(**usual | {"client_order_id": COID} | changes)


def test_an_order_that_was_recorded_gets_its_recorded_states() -> None:
    async def run() -> None:
        found = session()
        assert found.live and found.core.account == 7
        order = found._place_now(new())
        assert order.state == "sent"
        feed(found, (RecordKind.SENT, SENT), (RecordKind.RECEIVED, OK_NEW | {"re": 2}))
        assert (order.state, order.order_id) == ("open", 90071)
        assert [request.client_order_id for request in found.asked] == [COID]  # type: ignore[attr-defined]
        assert len(found.recorded) == 1

    asyncio.run(run())


def test_another_order_stays_without_an_answer() -> None:
    async def run() -> None:
        found = session()
        other = found._place_now(new(client_order_id="other"))
        feed(found, (RecordKind.SENT, SENT), (RecordKind.RECEIVED, OK_NEW | {"re": 2}))
        assert other.state == "sent" and len(found.asked) == 1
        recorded = found.orders.get(7, COID)
        assert recorded is not None and recorded.state == "open"

    asyncio.run(run())


def test_a_request_is_answered_as_it_was_whether_asked_before_or_after() -> None:
    async def run(early: bool) -> int:
        found = session()
        rows = ((RecordKind.SENT, {"t": "cancel_all", "id": 2}), (RecordKind.RECEIVED, {"t": "ok", "re": 2, "n": 3}))
        if early:
            asking = asyncio.create_task(found.cancel_all())
            await asyncio.sleep(0)
            feed(found, *rows)
            return await asking
        feed(found, *rows)
        return await found.cancel_all()

    assert [asyncio.run(run(early)) for early in (True, False)] == [3, 3]
    assert CancelAll(request_id=1) == CancelAll(request_id=1)


def test_faults_are_refused_as_live() -> None:
    async def run() -> None:
        with pytest.raises(RequestFaulty):
            session()._place_now(new(tif="gtx"))

    asyncio.run(run())


def test_a_channel_is_granted_when_it_was() -> None:
    async def run() -> None:
        found = session()
        spec = ChannelSpec(name_of_channel="trades", instrument=H27)
        asking = asyncio.create_task(found.subscribe(spec))
        await asyncio.sleep(0)
        assert not asking.done()
        feed(found, (RecordKind.SENT, {"t": "sub", "id": 2, "ch": [{"n": "trades", "i": H27}]}))
        feed(found, (RecordKind.RECEIVED, {"t": "ok", "re": 2, "ch": [[44, 0]]}))
        (channel,) = await asking
        assert channel.channel == 44

    asyncio.run(run())
