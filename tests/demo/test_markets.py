"""One market of the demo: prices, trades and states from its messages, and its longest time without a trade."""

from exchange.demo.markets import STILL_US_NOTED, WatchedMarket
from exchange.wire.messages import Status, Top, Trades
from tests.clients.stub_session import instrument

S = 1_000_000
NOON_US = 1_799_668_800 * S


def market() -> WatchedMarket:
    return WatchedMarket(instrument(1, "H100.G90.F27"))


def trade(price_tick: int, lots: int) -> Trades:
    return Trades(1, 1, 1, 0, [(1, price_tick, lots, "b")])


def status(phase: str, reason: str = "", until_us: int | None = None) -> Status:
    return Status(1, 1, 1, 0, 1, phase, reason=reason, until_us=until_us)


def test_a_new_market_shows_no_prices() -> None:
    assert market().cells() == ["H100.G90.F27", "-", "-", "-", "-", "-", "0", "OPEN"]


def test_it_shows_the_last_of_each_message() -> None:
    shown = market()
    shown.take(Top(1, 1, 1, 0, bid_tick=2840, bid_lots=15, ask_tick=2846, ask_lots=40), 0)
    shown.take(trade(2845, 4), S)
    shown.take(trade(2846, 1_000), 2 * S)
    assert shown.cells()[1:7] == ["15", "2.840", "2.846", "40", "2.846", "1,004"]


def test_time_without_a_trade_counts_while_it_is_open() -> None:
    shown = market()
    assert shown.still_us(5 * S) == 5 * S
    shown.take(trade(2845, 1), 5 * S)
    assert (shown.still_us(6 * S), shown.longest_still_us(6 * S)) == (S, 5 * S)
    shown.take(status("RESERVED", "HALT_DCB", NOON_US), 7 * S)
    assert (shown.still_us(90 * S), shown.longest_still_us(90 * S)) == (0, 5 * S)
    shown.take(status("OPEN"), 100 * S)
    assert shown.still_us(101 * S) == S


def test_it_counts_how_often_it_left_open() -> None:
    shown = market()
    for phase in ("OPEN", "RESERVED", "RESERVED", "OPEN", "HALT"):
        shown.take(status(phase), S)
    assert shown.halts == 2


def test_it_says_why_it_does_not_trade() -> None:
    shown = market()
    assert shown.note(STILL_US_NOTED) == ""
    assert "OPEN" in shown.note(STILL_US_NOTED + S) and "4 s" in shown.note(STILL_US_NOTED + S)
    shown.take(status("RESERVED", "HALT_DCB", NOON_US), 0)
    assert all(part in shown.note(0) for part in ("RESERVED", "12:00:00", "HALT_DCB"))
    shown.take(status("HALT"), 0)
    assert "HALT" in shown.note(0) and "until" not in shown.note(0)
