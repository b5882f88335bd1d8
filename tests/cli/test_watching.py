"""The ladder and tape at 80 columns, and what a mistake says."""

import asyncio
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from clients.client import connect
from clients.credentials import Ed25519
from clients.events import ChannelData, Disconnected, Reconnected
from clients.local_book import LocalBook
from exchange.cli.app import main
from exchange.cli.trading.market import ShownMarket
from exchange.cli.watching import BAR_CELLS, bar, best_line, render, watch
from exchange.codes import Side
from exchange.engine.warmup import warm_up
from exchange.errors import UserError
from exchange.limits import MEDIUM
from exchange.main import Settings, serve
from exchange.wire.messages import Stats, Status, Trades
from tests.clients.stub_session import instrument

SYMBOL = "H100.G90.F27"
SEED = bytes(32)


def view(bids: list[list[int]], asks: list[list[int]]) -> ShownMarket:
    row = instrument(1, SYMBOL, settle=2840)
    book = LocalBook(1, SYMBOL)
    book.load(1, bids, asks, None, False)
    return ShownMarket(row, book)


def trade(price_tick: int, lots: int, aggressor: str) -> ChannelData:
    return ChannelData(1, Trades(1, 1, 1, 1_799_668_806_500_000, [(5, price_tick, lots, aggressor)]))


def drawn(shown: ShownMarket, rows: int = 4, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(render(shown, rows, 0))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_ladder_has_asks_above_bids_below_and_the_tape_beside() -> None:
    shown = view([[2845, 120], [2844, 40]], [[2847, 80], [2849, 12_000]])
    shown.take(trade(2845, 4, "s"))
    shown.take(trade(2847, 9, "b"))
    lines = drawn(shown)
    assert lines[0].startswith(f"{SYMBOL}  OPEN") and "settled 2.840" in lines[0]
    assert lines[1] == "no trade today, settled 2.840", "the day is what the venue says of it"
    shown.take(ChannelData(1, Stats(1, 1, 1, 1, 1, 13, 1, 9, 2840, 2845, 2847, 2845, 2847)))
    assert drawn(shown)[1] == "last 2.847 +0.007  open 2.845  high 2.847  low 2.845  vol 13  OI 9"
    prices = [word for line in lines[4:] for word in line[20:40].split() if word.startswith("2.8")]
    assert prices == ["2.849", "2.847", "2.845", "2.844"]
    assert "12,000" in next(line for line in lines if "2.849" in line)
    assert ["spread", "2", "ticks"] in [line.split()[:3] for line in lines]
    assert [line.split()[-2:] for line in lines if line.split()[-1:] in (["9"], ["4"])] == [
        ["2.847", "9"],
        ["2.845", "4"],
    ]


@pytest.mark.parametrize("rows", [1, 8, 20])
def test_a_frame_fits_80_columns_and_keeps_its_height(rows: int) -> None:
    full = view([[99_000 - n, 99_999] for n in range(30)], [[99_001 + n, 99_999] for n in range(30)])
    for _ in range(60):
        full.take(trade(99_999, 99_999, "b"))
    assert max(map(len, drawn(full, rows))) <= 80
    assert len(drawn(full, rows)) == len(drawn(view([], []), rows)) == 2 * rows + 5


def test_bars_are_shares_of_the_largest_level() -> None:
    assert bar(100, 100) == "█" * BAR_CELLS
    assert bar(1, 1_000_000) == "▏"
    assert len(bar(50, 100)) == (BAR_CELLS + 1) // 2


def test_a_stale_book_and_a_lost_connection_are_said() -> None:
    shown = view([[2845, 120]], [[2847, 80]])
    shown.book.mark_stale("gap: 1 is followed by 3")
    assert any("gap" in line for line in drawn(shown)) and not any("2.845" in line for line in drawn(shown))
    assert best_line(shown) == "book unknown: gap: 1 is followed by 3"
    shown.take(Disconnected(1006, "gone"))
    assert "disconnected: gone" in "\n".join(drawn(shown))
    assert best_line(shown) == "book unknown: disconnected: gone"
    shown.take(Reconnected(False))
    assert "disconnected" not in "\n".join(drawn(shown))
    assert best_line(view([], [[2847, 80]])) == "OPEN book one-sided or empty"


def test_implied_lots_have_a_column_of_their_own() -> None:
    shown = view([[2845, 120]], [[2847, 80]])
    shown.book.imply(Side.BUY, (2846, 33))
    shown.book.imply(Side.SELL, (2847, 44))
    lines = drawn(shown)
    assert [line.split()[:2] for line in lines if "2.846" in line] == [["33", "2.846"]]
    assert ["2.847", "80", "44"] in [line.split()[:3] for line in lines]
    assert best_line(shown).endswith(", implied 2.846 x 33 / 2.847 x 44")


def test_the_end_of_a_phase_is_counted_down() -> None:
    shown = view([[2845, 120]], [[2847, 80]])
    shown.take(ChannelData(1, Status(1, 1, 1, 1, 1, "PREOPEN", until_us=65_000_000)))
    assert drawn(shown)[0].startswith(f"{SYMBOL}  PREOPEN until 00:01:05, in 1:05")


def test_the_phase_is_followed() -> None:
    shown = view([[2845, 120]], [[2847, 80]])
    assert best_line(shown) == "OPEN book 2.845 x 120 / 2.847 x 80"
    shown.take(ChannelData(1, Status(1, 1, 1, 1, 1, "HALT")))
    assert best_line(shown).startswith("HALT")


def test_an_absent_venue_is_one_line_and_exit_code_69(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["watch", SYMBOL, "--url", "ws://127.0.0.1:1"])
    assert ended.value.code == 69
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "no venue at ws://127.0.0.1:1" in error


def test_it_shows_a_running_venue_and_names_near_symbols(tmp_path: Path) -> None:
    def enrol(venue: Any) -> None:
        venue.make_key("t1", account=1, deposit_mills=10**12, seed=SEED)

    async def run() -> str:
        settings = Settings(day=date(2026, 11, 23), symbols=(SYMBOL,), durability="none", limits="medium")
        written = io.StringIO()
        async with (
            serve(str(tmp_path), settings, before=enrol) as server,
            connect(server.url, "k_t1", Ed25519.from_seed(SEED)) as session,
        ):
            with pytest.raises(UserError, match="without a path, or with /v1/md"):
                await watch(f"{server.url}/v1/oe", SYMBOL)
            with pytest.raises(UserError, match=f"did you mean {SYMBOL}"):
                await watch(server.url, "H100.G90.F28")
            row = await session.instrument(SYMBOL)
            await session.buy(row, 5, "2.800")
            await session.sell(row, 3, "2.820")
            for terminal in (False, True):
                console = Console(file=written, width=80, force_terminal=terminal, color_system=None)
                await watch(server.url, SYMBOL, 3, 0.5, console)
        return written.getvalue()

    warm_up(MEDIUM)
    text = asyncio.run(asyncio.wait_for(run(), 120))
    assert "OPEN book 2.800 x 5 / 2.820 x 3" in text
    assert "$/GPU-h" in text and "spread        20" in text
