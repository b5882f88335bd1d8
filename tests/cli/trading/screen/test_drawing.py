"""The frame, line for line, at 80 x 24 and at other sizes."""

from typing import Any

import pytest

from clients.events import ChannelData, Disconnected, Reconnected
from exchange.cli.trading.screen.desk import TradingDesk
from exchange.cli.trading.screen.drawing import frame, ladder_height
from exchange.cli.trading.screen.places import Places
from exchange.codes import Side
from exchange.wire.messages import Call, KillEvent, Position, Stats, Status, Trades
from tests.cli.trading.screen.keyboard import still_desk

SNAPSHOT = """\
H100.G90.F27  OPEN until 21:00:00, in 9:00:00
last 2.847 +0.007  open 2.845  high 2.847  low 2.845  vol 13  OI 9
    own    bid  impl $/GPU-h  impl  ask    own     │ time UTC     price   lots
                                                   │ 12:00:00 B   2.847      9
                                                   │ 12:00:00 S   2.845      4
                                                   │
                                                   │
                                                   │
                      2.900         1,200          │
                      2.849   7     80             │
▸                     2.847         5      5#120   │
                  spread 1 tick                    │
                  33  2.846                        │
   [10]    120        2.845                        │
            40        2.844                        │
                                                   │
                                                   │
                                                   │
                                                   │ 1 positions: lots, $ gain
                                                   │ H100.G90.F27 -5 +37
acc 7  2 working  equity 50,000.00  held 2,000.00  free 48,000.00 $ kill? call?
filled: something
k_alice rtt 0.8 ms  lag no  gaps 0  book 0 s  heard 0.0 s
b buy  s sell  x cancel  o orders  K kill  / find  ? help  q quit"""


class QueueOfTwo:
    """A book of orders in which 120 lots stand before order 2, and order 1 is not."""

    synced = True

    def place(self, order_id: int) -> Any:
        return type("Access", (), {"lots_ahead": 120}) if order_id == 2 else None


@pytest.fixture
def desk() -> TradingDesk:
    """Two orders, a position, two trades, implied prices on both sides."""
    made = still_desk([[2845, 120], [2844, 40]], [[2847, 5], [2849, 80], [2900, 1_200]])
    assert made.market is not None
    made.market.book.imply(Side.BUY, (2846, 33))
    made.market.book.imply(Side.SELL, (2849, 7))
    for order_id, side, tick, lots in ((1, "b", 2845, 10), (2, "s", 2847, 5)):
        order = made.session.orders.open(7, f"c{order_id}", 1, side)
        order.order_id, order.price_tick, order.leaves_lots, order.state = order_id, tick, lots, "open"
    made.session.core.accounts[7]._hold(Position(7, 1, 1, 1, 1, -5, -14_000, 2840, 37_200), 1)
    rows = [(5, 2845, 4, "s"), (6, 2847, 9, "b")]
    made.take(ChannelData(1, Trades(1, 1, 1, 43_200_000_000, rows)))
    made.take(ChannelData(1, Stats(1, 1, 1, 1, 1, 13, 1, 9, 2840, 2845, 2847, 2845, 2847)))
    made.take(ChannelData(1, Status(1, 1, 1, 1, 1, "OPEN", until_us=75_600_000_000)))
    made.places, made.rtt_ms, made.notice = Places(QueueOfTwo()), 0.83, "filled: something"
    return made


def drawn(
    desk: TradingDesk, width: int = 80, height: int = 24, cursor: int | None = None, now: float = 1.0
) -> list[str]:
    return [line.plain.rstrip() for line in frame(desk, width, height, cursor, now)]


def test_80_by_24_is_enough(desk: TradingDesk) -> None:
    assert "\n".join(drawn(desk, cursor=2847)) == SNAPSHOT
    assert len(SNAPSHOT.splitlines()) <= 24


@pytest.mark.parametrize(("width", "height"), [(80, 24), (80, 10), (81, 25), (120, 40), (200, 60)])
def test_every_line_has_the_width_and_all_fit_the_height(desk: TradingDesk, width: int, height: int) -> None:
    lines = frame(desk, width, height, None, 1.0)
    assert {line.cell_len for line in lines} == {width}
    assert len(lines) <= height and ladder_height(height) % 2 == 1


def test_what_is_bought_and_sold_is_seen_without_colours(desk: TradingDesk) -> None:
    """Bids stand left of the price and asks right of it; the tape has letters; the marked line has a sign."""
    lines = drawn(desk, cursor=2845)
    assert [line[0] for line in lines if "2.845  " in line and "120" in line] == ["▸"]
    assert sum(line.startswith("▸") for line in lines) == 1
    tape = [line.split("│")[1].split()[1] for line in lines[3:5]]
    assert tape == ["B", "S"]


def test_a_lost_connection_and_a_stale_book_alarm(desk: TradingDesk) -> None:
    assert desk.market is not None
    desk.session.live = False  # type: ignore[misc]
    desk.take(Disconnected(1006, "gone"))
    desk.market.book.mark_stale("disconnected")
    text = "\n".join(drawn(desk, now=1.0))
    assert "DISCONNECTED 0 s, connecting again: disconnected: gone" in text
    assert "no book: disconnected" in text and "[10]" not in text, "no old price is shown as if it stood"
    assert "DISCONNECTED 5 s" in "\n".join(drawn(desk, now=6.0))


def test_silence_of_the_venue_alarms(desk: TradingDesk) -> None:
    assert "STALE" not in drawn(desk, now=1.0)[-2]
    assert drawn(desk, now=4.0)[-2].startswith("STALE") and "heard 3.0 s" in drawn(desk, now=4.0)[-2]
    desk.session.core.venue_us += 1
    assert "heard 0.0 s" in drawn(desk, now=5.0)[-2]


def test_a_kill_a_call_and_the_end_of_a_session_are_seen(desk: TradingDesk) -> None:
    desk.stopped, desk.call, desk.over = True, "close_only", "key revoked"
    lines = drawn(desk)
    assert lines[-4].startswith("STOPPED  CALL close_only  acc 7")
    assert lines[-2] == "SESSION OVER: key revoked; q leaves"


@pytest.mark.rule("MARGIN-012")
def test_a_call_that_is_met_is_no_alarm(desk: TradingDesk) -> None:
    for state, shown in (("close_only", True), ("open", False), ("liquidating", True), ("defaulted", True)):
        desk.take(Call(7, 1, 1, 1, state))
        assert (f"CALL {state}" in drawn(desk)[-4]) == shown


@pytest.mark.rule("ACCT-011")
def test_whether_the_account_is_killed_or_called_is_not_known_until_an_event_says(desk: TradingDesk) -> None:
    assert drawn(desk)[-4].endswith("$ kill? call?")
    desk.take(KillEvent(7, 1, 1, 1, on=True, by="operator", scope="account", count=0))
    desk.take(Call(7, 2, 2, 2, "open"))
    line = drawn(desk)[-4]
    assert line.startswith("KILLED  acc 7") and "?" not in line
    desk.take(Reconnected(resumed=True))
    assert drawn(desk)[-4].startswith("KILLED"), "a session that goes on has missed nothing"
    desk.take(Reconnected(resumed=False))
    assert "KILLED" not in drawn(desk)[-4] and "kill? call?" in drawn(desk)[-4]


def test_a_reader_sees_the_market_and_no_order_keys(desk: TradingDesk) -> None:
    reader = TradingDesk(desk.session, 0)
    reader.market = desk.market
    lines = drawn(reader)
    assert "read only" in lines[-1] and "buy" not in lines[-1]
    assert "market data only" in lines[-4] and not any("[10]" in line for line in lines)


def test_before_the_first_book_it_says_so() -> None:
    empty = still_desk([], [])
    empty.market = None
    assert drawn(empty) == ["loading 1 instruments"]
