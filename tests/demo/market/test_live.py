"""Members at a venue: who may trade, what is said and measured."""

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from clients.strategies.strategy import Strategy
from exchange.demo.market.keys import DemoKey
from exchange.demo.market.live import LiveVenue, check_members, introduce, program_name, require_running
from exchange.demo.market.population import Participant
from exchange.errors import UserError
from tests.clients.stub_session import instrument

MEMBER = Participant("desk H100", "desk", Strategy())
KEY = DemoKey("k_market101", 101, bytes(32))


def test_too_few_keys_and_nothing_to_trade_are_said() -> None:
    check_members([MEMBER], [KEY, KEY])
    with pytest.raises(UserError, match="1 keys, the population has 2 members"):
        check_members([MEMBER, MEMBER], [KEY])
    with pytest.raises(UserError, match="nobody has anything to trade"):
        check_members([], [KEY])


def test_the_clients_are_introduced() -> None:
    console = Console(file=io.StringIO(), width=80)
    months = [[instrument(1, "H100.G90.F27"), instrument(2, "H100.G90.G27")], []]
    introduce(console, "ws://venue", [MEMBER, MEMBER], months, 997)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "997 instruments" in said and "2 clients: 2 desk." in said
    assert "2 months of each of 1 chips" in said and f"{program_name()} watch H100.G90.F27 --url ws://venue" in said


def test_a_client_that_has_ended_ends_the_market(tmp_path: Path) -> None:
    async def ended() -> None:
        pass

    async def failed() -> None:
        raise ZeroDivisionError

    async def scene() -> None:
        venue = LiveVenue("ws://venue", [KEY])
        tasks = [asyncio.create_task(part()) for part in (ended, failed)]
        await asyncio.wait(tasks)
        with pytest.raises(UserError, match="a client lost its session"):
            require_running(venue, tasks[:1])
        with pytest.raises(ZeroDivisionError):
            require_running(venue, tasks[1:])
        require_running(venue, [])

    asyncio.run(scene())
