"""A JavaScript client, written from `PROTOCOL.md` alone, trades over a real socket: the page is enough."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.gateway.harness import SYMBOL
from tests.gateway.sockets import Venue, run
from tests.protocol_doc import DOCUMENT

CLIENT = Path(__file__).with_name("page_client.mjs")
NODE = ("node", "--experimental-websocket")


def has_websockets() -> bool:
    """Whether there is a Node with a websocket of its own."""
    if shutil.which("node") is None:
        return False
    return (
        subprocess.run([*NODE, "-e", "new WebSocket('ws://127.0.0.1:1').close()"], capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not has_websockets(), reason="no node with websockets on this machine")
@pytest.mark.rule("SESS-001", "MDATA-015", "MDATA-016", "RECOV-010", "RECOV-011")
def test_a_client_written_from_the_page_works(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        keys = []
        for pair in venue.keys[:2]:
            file = tmp_path / f"{pair.key}.pem"
            file.write_bytes(pair.pem())
            keys += [pair.key, str(file)]
        client = await asyncio.create_subprocess_exec(
            *NODE, str(CLIENT), str(DOCUMENT), venue.server.url, SYMBOL, *keys,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await client.communicate()
        assert client.returncode == 0, err.decode()
        said = json.loads(out)
        price = venue.price
        assert said["taken"] == ["filled", 2]
        bids = [[price - n, n + 1] for n in range(2, 30, 2)]
        asks = [[price + 3 + n, n + 1] for n in range(1, 30, 2)]
        assert said["book"] == [bids, asks]
        assert said["checked"] >= 2 and said["resyncs"] == 1
        assert said["resumed"] and said["resent"] == ["ok", "lost", "open"]
        assert said["late"] == ["ok", "unsent", "open", False]
        assert said["events"] == ["b1", "lost", "unsent"], "each once"
        assert said["goodbye"] == "ok"

    run(tmp_path / "venue", test, timeout_s=240)
