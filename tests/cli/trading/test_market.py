"""An instrument on display: phase with its end, trading day, tape, implied prices at their place."""

from pathlib import Path
from typing import Any

import pytest

from clients.client import Session
from clients.events import ChannelData, Disconnected, Reconnected
from clients.local_book import LocalBook, PriceLevel
from exchange.cli.trading.market import ShownMarket, Step, countdown, follow, offered, steps, venue_now_us
from exchange.codes import Side
from exchange.wire.messages import InstrumentDefinition, Stats, Status, Trades
from tests.clients.scenes import play
from tests.clients.stub_session import instrument


def market(bids: list[list[int]] | None = None, asks: list[list[int]] | None = None) -> ShownMarket:
    book = LocalBook(1, "A")
    book.load(1, bids or [], asks or [], None, False)
    return ShownMarket(instrument(1, "A", settle=2840), book)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (-5, "0:00"), (65, "1:05"), (3_599, "59:59"), (3_723, "1:02:03"), (183_840, "2d 03:04")],
)
def test_a_countdown_reads_like_a_clock(seconds: int, text: str) -> None:
    assert countdown(seconds * 1_000_000) == text


def test_the_phase_says_why_and_until_when_and_where_it_would_open() -> None:
    shown = market()
    assert shown.phase_text(0) == "OPEN"
    status = Status(1, 1, 1, 1, 1, "RESERVED", reason="velocity", until_us=90_000_000, indicative=(2846, 75, -8))
    shown.take(ChannelData(1, status))
    assert shown.phase_text(30_000_000) == ("RESERVED (velocity) until 00:01:30, in 1:00, would open 2.846 x 75 (-8)")
    shown.take(ChannelData(2, Status(1, 1, 1, 1, 2, "HALT")))
    assert shown.phase == "RESERVED", "another instrument's"


def test_the_day_is_that_of_the_venue() -> None:
    shown = market()
    assert shown.day_text() == "no trade today, settled 2.840"
    shown.take(ChannelData(1, Stats(1, 1, 1, 1, 1, 1_234, 10, 99, 2840, 2838, 2851, 2835, 2845)))
    assert shown.day_text() == "last 2.845 +0.005  open 2.838  high 2.851  low 2.835  vol 1,234  OI 99"


def test_the_tape_has_the_newest_trade_first() -> None:
    shown = market()
    shown.take(ChannelData(1, Trades(1, 1, 1, 7, [(5, 2845, 4, "s"), (6, 2846, 5, "b")])))
    assert [(one.price_tick, one.lots, one.aggressor) for one in shown.tape] == [(2846, 5, "b"), (2845, 4, "s")]


def test_a_lost_connection_is_kept_until_the_next_one() -> None:
    shown = market()
    shown.take(Disconnected(1006, "gone"))
    assert shown.problem == "disconnected: gone"
    shown.take(Reconnected(True))
    assert shown.problem == ""


def test_implied_lots_stand_at_their_own_price() -> None:
    direct = [PriceLevel(2845, 10), PriceLevel(2843, 5)]
    assert steps(direct, PriceLevel(2844, 3), -1) == [Step(2845, 10, 0), Step(2844, 0, 3), Step(2843, 5, 0)]
    assert steps(direct, PriceLevel(2845, 3), -1)[0] == Step(2845, 10, 3)
    assert [step.price_tick for step in steps(direct[::-1], PriceLevel(2840, 1), 1)] == [2840, 2843, 2845]


def test_a_stale_book_shows_no_price() -> None:
    shown = market([[2845, 1]], [[2847, 2]])
    shown.book.imply(Side.BUY, (2846, 7))
    assert shown.sides(1) == ([Step(2846, 0, 7)], [Step(2847, 2, 0)])
    shown.book.mark_stale("gap")
    assert shown.sides(1) == ([], [])


def test_all_that_a_screen_shows_is_followed(tmp_path: Path) -> None:
    async def scene(_: Any, seller: Session, buyer: Session, row: InstrumentDefinition) -> None:
        shown = await follow(buyer, row)
        assert {feed.spec.name_of_channel for feed in shown.feeds} == {"depth", *offered(buyer)}
        assert offered(buyer) == ["status", "trades", "stats"]

        async def read() -> None:
            async for event in buyer.events():
                shown.take(event)
                if shown.tape and shown.stats and shown.stats.volume_lots:
                    return

        await seller.sell(row, 5, "2.810")
        await buyer.buy(row, 2, "2.810")
        await read()
        assert shown.status is not None and shown.phase == "OPEN"
        assert shown.stats is not None and (shown.stats.last_tick, shown.stats.volume_lots) == (2810, 2)
        assert venue_now_us(buyer) > 0

    play(tmp_path, scene)
