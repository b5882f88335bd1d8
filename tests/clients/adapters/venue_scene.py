"""Scenes of an adapter and two other traders at a real venue over loopback."""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from clients.client import Session, connect
from clients.credentials import Ed25519
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM
from exchange.main import serve
from exchange.venue.bootstrap import OpenVenue
from exchange.wire.messages import InstrumentDefinition
from tests.clients.scenes import SYMBOL, settings

MONTHS = (SYMBOL, "H100.G90.G27", "H100.G90.F27-G27")
SEEDS = {account: bytes([account] * 32) for account in (1, 2, 3)}
POOR, POOR_SEED = 4, bytes([4] * 32)  # an account with a hundred dollars
SCENE_S = 60


def needs(library: str) -> pytest.MarkDecorator:
    """The mark of tests that need the library of an extra."""
    missing = importlib.util.find_spec({"ccxt": "ccxt", "nautilus": "nautilus_trader"}[library]) is None
    return pytest.mark.skipif(missing, reason=f"the extra {library} is not installed")


class Scene(NamedTuple):
    """The venue's address, the key of the adapter's account, and two other traders of a month."""

    url: str
    key: str
    secret: Path
    first: Session
    second: Session
    month: InstrumentDefinition


def enrol(venue: OpenVenue) -> None:
    for account, seed in SEEDS.items():
        venue.make_key(f"t{account}", account=account, deposit_mills=10**12, seed=seed)
    venue.make_key("poor", account=POOR, deposit_mills=100_000, seed=POOR_SEED)


def play(folder: Path, scene: Callable[[Scene], Awaitable[None]], symbols: tuple[str, ...] = (SYMBOL,)) -> None:
    """Serve a venue, connect the two traders, and run a scene, which must end within a minute."""
    warm_up(MEDIUM)
    secret = folder / "key.pem"
    secret.write_bytes(Ed25519.from_seed(SEEDS[1]).pem())

    async def run() -> None:
        terms = replace(settings(), symbols=symbols)
        async with serve(str(folder / "venue"), terms, before=enrol) as server, AsyncExitStack() as stack:
            traders = [
                await stack.enter_async_context(
                    connect(server.url, f"k_t{account}", Ed25519.from_seed(SEEDS[account]), seed=account)
                )
                for account in (2, 3)
            ]
            month = await traders[0].instrument(SYMBOL)
            await scene(Scene(server.url.removesuffix("/v1/oe"), "k_t1", secret, *traders, month))

    asyncio.run(asyncio.wait_for(run(), SCENE_S))
