"""The examples of the adapters' README, at a real venue."""

import asyncio
import runpy
from pathlib import Path
from typing import Any

from tests.clients.adapters.venue_scene import Scene, needs, play
from tests.source_tree import ROOT
from tests.test_readme import FENCE

README = (ROOT / "clients/adapters/README.md").read_text()


def example(place: int, folder: Path) -> dict[str, Any]:
    """What the Python example of this place defines."""
    blocks = [match["text"] for match in FENCE.finditer(README) if match["language"] == "python"]
    (folder / "example.py").write_text(blocks[place])
    return runpy.run_path(str(folder / "example.py"))


@needs("ccxt")
def test_the_example_of_ccxt(tmp_path: Path) -> None:
    async def scene(at: Scene) -> None:
        markets, book, canceled = await example(0, tmp_path)["main"](at.url, at.key, str(at.secret))
        assert list(markets) == ["H100.G90.F27/USD:USD-261224"]
        assert (book["bids"], canceled["status"], canceled["price"]) == ([[2.802, 12]], "canceled", 2.802)

    play(tmp_path, scene)


@needs("nautilus")
def test_the_example_of_nautilus(tmp_path: Path) -> None:
    async def scene(at: Scene) -> None:
        node = example(1, tmp_path)["build"](at.url, at.key, str(at.secret))
        running = asyncio.ensure_future(node.run_async())
        (strategy,) = node.trader.strategies()
        while not strategy.is_running:
            await asyncio.sleep(0)
        assert [one.raw_symbol.value for one in node.cache.instruments()] == ["H100.G90.F27"]
        await node.stop_async()
        await running

    play(tmp_path, scene)
