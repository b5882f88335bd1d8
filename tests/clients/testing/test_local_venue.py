"""A real venue in a process of its own, with and without `async`, and what it says when it cannot start."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients import blocking
from clients.client import connect
from clients.events import Filled
from clients.testing import local_venue
from clients.testing.faults import Faults
from clients.testing.local_venue import LocalVenue, VenueFailed, VenueNotInstalled
from exchange.engine.warmup import warm_up
from exchange.limits import VENUE

SYMBOL = "H100.G90.F27"


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    warm_up(VENUE)
    with LocalVenue(date="2026-11-23", accounts=2) as one:
        yield one


def test_two_clients_trade_with_and_without_async(venue: LocalVenue) -> None:
    with blocking.connect(venue.url, *venue.key(1), seed=1) as seller:
        month = seller.instrument(SYMBOL)
        resting = seller.sell(month, 5, price_tick=month.settle_tick)

        async def buy() -> int:
            async with connect(venue.url, *venue.key(2), seed=2) as buyer:
                found = await buyer.instrument(SYMBOL)
                return (await buyer.buy(found, 2, price_tick=found.settle_tick, tif="ioc")).filled_lots

        assert asyncio.run(buy()) == 2
        filled = next(event for event in seller.events(timeout_s=60) if isinstance(event, Filled))
        assert filled.order == resting and resting.filled_lots == 2 and seller.cancel_all() == 1


def test_another_proxy_of_the_venue_has_its_own_faults(venue: LocalVenue) -> None:
    with venue.behind(Faults(duplicate=1.0), seed=3) as proxy:
        with blocking.connect(proxy.url, *venue.key(1), seed=4) as session:
            month = session.instrument(SYMBOL)
            order = session.buy(month, 1, price_tick=month.settle_tick - 5)
            assert session.cancel(order).state == "cancelled"
        assert proxy.repeated > 0 and proxy.url != venue.url
    assert venue.proxy.repeated == 0


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_venue, "is_installed", lambda name: name != "numba")
    with pytest.raises(VenueNotInstalled, match=r"needs numba, which is not installed: pip install 'gpux\[venue\]'"):
        LocalVenue().start()


def test_a_venue_that_does_not_start_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(local_venue.tempfile, "tempdir", str(tmp_path))
    with pytest.raises(VenueFailed, match=r"code 2:\n.*date"):
        LocalVenue(date="tomorrow").start()
    assert not list(tmp_path.iterdir())
