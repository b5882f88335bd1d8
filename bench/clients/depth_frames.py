"""Frames of a raw depth channel, as a served venue has sent them to a client: recorded while two accounts trade."""

import asyncio
import random
import tempfile
from datetime import date
from pathlib import Path
from typing import NamedTuple

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.orders import LiveOrder
from clients.recording.file_format import RecordedFrame, RecordingHeader, header_of, read
from exchange.main import Settings, serve
from exchange.venue.bootstrap import OpenVenue

SYMBOL, DAY = "H100.G90.F27", date(2026, 11, 23)
SEEDS = {account: bytes([account] * 32) for account in (1, 2, 3)}
TRADERS = (1, 2)
AT_ONCE = 40  # orders between two waits
REACH_TICKS = 12


class DepthTraffic(NamedTuple):
    """Random orders around the settlement price: a third of them trade at once, the rest rest and are cancelled."""

    orders: int = 6_000
    seed: int = 5


class Recorded(NamedTuple):
    """The records of a session that watched the depth of one instrument."""

    header: RecordingHeader
    records: list[RecordedFrame]


def recorded(traffic: DepthTraffic) -> Recorded:
    """Serve a venue in a temporary folder, trade there, and record who watches."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_record(folder, traffic))
        file = f"{folder}/depth.rec"
        return Recorded(header_of(file), list(read(file)))


async def _record(folder: str, traffic: DepthTraffic) -> None:
    def enrol(venue: OpenVenue) -> None:
        for account, seed in SEEDS.items():
            venue.make_key(f"b{account}", account=account, deposit_mills=10**13, seed=seed)

    settings = Settings(day=DAY, symbols=(SYMBOL,), durability="none", profile="loopback", limits="medium")
    async with serve(f"{folder}/venue", settings, before=enrol) as server:
        url = server.url.rsplit("/v1", 1)[0]
        key = "k_b3", Ed25519.from_seed(SEEDS[3])  # raw depth needs a logon
        async with connect(url, *key, record=Path(folder, "depth.rec"), seed=3) as watching:
            book = await watching.book(await watching.instrument(SYMBOL), cadence_ms=0)
            await asyncio.gather(*(_trade(url, account, traffic) for account in TRADERS))
            assert book.synced and not book.gaps and not book.mismatches, book.problem


async def _trade(url: str, account: int, traffic: DepthTraffic) -> None:
    rng = random.Random(traffic.seed + account)
    secret = Ed25519.from_seed(SEEDS[account])
    async with connect(url, f"k_b{account}", secret, seed=account, leave_orders=True) as session:  # a book at the end
        month = await session.instrument(SYMBOL)
        for _ in range(traffic.orders // len(TRADERS) // AT_ONCE):
            placed = [_order(session, month.settle_tick, rng) for _ in range(AT_ONCE)]
            for order in placed:
                await order.acknowledged()
            for live in session.orders.live():
                if rng.random() < 0.5:
                    session.send_cancel(live)


def _order(session: Session, middle_tick: int, rng: random.Random) -> LiveOrder:
    month = session.core.feeds.by_symbol[SYMBOL]
    side, lots = rng.choice("bs"), rng.randint(1, 20)
    away = rng.randint(-REACH_TICKS // 3, REACH_TICKS)
    tick = middle_tick - away if side == "b" else middle_tick + away
    return session.place("b" if side == "b" else "s", month, lots, price_tick=tick, tif="gtc")
