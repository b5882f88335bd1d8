"""What `watch_` calls wait for."""

import asyncio

import pytest

from clients.adapters.unified.topics import Topics


def test_a_change_before_the_call_is_returned_once() -> None:
    async def run() -> None:
        topics = Topics()
        topics.change("book")
        await topics.newer("book")
        waiting = asyncio.ensure_future(topics.newer("book"))
        await asyncio.sleep(0)
        assert not waiting.done()
        topics.change("trades")
        await asyncio.sleep(0)
        assert not waiting.done()
        topics.change("book")
        await waiting

    asyncio.run(asyncio.wait_for(run(), 5))


def test_the_end_of_a_session_wakes_all_but_changes_before_it_are_returned() -> None:
    async def run() -> None:
        topics = Topics()
        waiting = asyncio.ensure_future(topics.newer("book"))
        await asyncio.sleep(0)
        topics.change("orders")
        topics.fail(ConnectionError("over"))
        await topics.newer("orders")
        for call in (waiting, topics.newer("orders")):
            with pytest.raises(ConnectionError, match="over"):
                await call

    asyncio.run(asyncio.wait_for(run(), 5))
