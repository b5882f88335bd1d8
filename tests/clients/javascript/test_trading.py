"""The JavaScript client against a real venue over loopback: it trades, and resumes after a restart."""

import asyncio
import json
from pathlib import Path

import pytest

from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM
from exchange.main import serve
from tests.clients.javascript.node import HERE, WEBSOCKET, needs_node
from tests.clients.scenes import SCENE_S, SEEDS, SYMBOL, enrol, reserved_port, settings


@needs_node
@pytest.mark.rule("RECOV-010", "RECOV-012", "MDATA-011", "MDATA-015", "ENTRY-001", "MARGIN-018")
def test_two_programs_trade_and_resume_after_a_restart(tmp_path: Path) -> None:
    warm_up(MEDIUM)

    async def run(port: int) -> dict[str, int]:
        async with serve(str(tmp_path), settings(port), before=enrol) as server:
            seeds = (seed.hex() for seed in SEEDS.values())
            url = f"ws://127.0.0.1:{server.port}"
            node = await asyncio.create_subprocess_exec(
                "node", "--no-warnings", WEBSOCKET, str(HERE / "trading.mjs"), url, SYMBOL, *seeds,
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert node.stdout is not None
            assert await node.stdout.readline() == b"restart\n"
        async with serve(str(tmp_path), settings(port)):
            rest = await node.stdout.read()
            assert await node.wait() == 0
            return json.loads(rest)

    with reserved_port() as port:
        result = asyncio.run(asyncio.wait_for(run(port), SCENE_S))
    assert result["resumed"] and result["filled"] == 5
