"""`gpux order` and `gpux cancel` at a running venue, and what every mistake says."""

import json
from pathlib import Path

import pytest

from tests.cli.mistakes import ended, is_one_line_on_stderr, mistake
from tests.cli.trading.conftest import RunningVenue, ThreadedVenue
from tests.cli.trading.typed import rows, typed
from tests.clients.scenes import SYMBOL

SPREAD = "H100.G90.F27-G27"


def test_an_order_stays_in_the_book_after_its_command_and_can_be_cancelled(
    venue: RunningVenue, capsys: pytest.CaptureFixture[str]
) -> None:
    text = typed(capsys, "order", "buy", 10, SYMBOL, "2.801")
    number = text.split()[1]
    assert f"open: buy 10 {SYMBOL} at 2.801 day" in text
    assert f"10 working, they work on after this command (gpux cancel {number})" in text
    (listed,) = rows(capsys, "order", "list")
    assert (listed["oid"], listed["sym"], listed["px"], listed["lv"]) == (int(number), SYMBOL, 2801, 10)
    assert typed(capsys, "cancel", number) == f"order {number} cancelled, 0 lots filled before\n"
    assert typed(capsys, "order", "list") == "no working orders\n"


def test_two_members_trade_by_typing(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    typed(capsys, "order", "buy", 10, SYMBOL.lower(), "2.812", "--id", "mine-1")
    text = typed(capsys, "order", "sell", 4, SYMBOL, "2.800", "--tif", "ioc", "--key", venue.keys / "bob.pem")
    assert "filled: sell 4" in text and "filled 4 at 2.812" in text
    (rest,) = rows(capsys, "order", "list")
    assert (rest["coid"], rest["cum"], rest["lv"], rest["val"]) == ("mine-1", 4, 6, 4 * 2812)


def test_an_order_is_replaced_in_place(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    (order,) = rows(capsys, "order", "buy", 10, SYMBOL, "2.802")
    smaller = typed(capsys, "order", "replace", order["oid"], "--lots", 6)
    assert "6 working" in smaller and "place in the queue kept" in smaller
    dearer = typed(capsys, "order", "replace", order["coid"], "2.803")
    assert "at 2.803" in dearer and "place in the queue lost" in dearer


def test_an_order_that_is_not_kept_ends_with_its_command(
    venue: RunningVenue, capsys: pytest.CaptureFixture[str]
) -> None:
    text = typed(capsys, "order", "sell", 4, SYMBOL, "2.830", "--wait", "0.2", "--no-keep")
    assert "cancelled: sell 4" in text
    assert typed(capsys, "order", "list") == "no working orders\n"


def test_a_dry_run_asks_for_the_margin_and_sends_nothing(
    venue: RunningVenue, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = typed(capsys, "order", "buy", 10, SYMBOL, "2.801", "--dry-run")
    assert f"dry run, nothing sent: buy 10 {SYMBOL} at 2.801 day" in text and "passes: needs $" in text
    (asked,) = rows(capsys, "order", "buy", 10, SYMBOL, "2.801", "--dry-run")
    assert (asked["dry"], asked["new"]["q"], asked["new"]["cod"]) == (True, 10, False)
    assert asked["margin"]["res"][0]["need"] > 0
    poor = ("--key", venue.keys / "poor.pem")
    assert ended(capsys, "order", "buy", 10, SYMBOL, "2.801", "--dry-run", *poor)[0] == 1
    assert "outside the limits of the day" in typed(capsys, "order", "buy", 1, SYMBOL, "0.001", "--dry-run")
    monkeypatch.delenv("GPUX_KEY")
    assert "without a key the margin is not asked" in typed(capsys, "order", "buy", 1, SYMBOL, "2.8", "--dry-run")
    monkeypatch.setenv("GPUX_KEY", str(venue.keys / "alice.pem"))
    assert typed(capsys, "order", "list") == "no working orders\n"


def test_a_spread_has_a_price_below_zero(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"open: buy 1 {SPREAD} at -0.010" in typed(capsys, "order", "buy", 1, SPREAD, "-0.010")


def test_orders_are_cancelled_together_by_filters(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    typed(capsys, "order", "buy", 1, SYMBOL, "2.801", "--tag", "grid")
    typed(capsys, "order", "sell", 1, SYMBOL, "2.831")
    assert typed(capsys, "cancel", "--all", "--side", "buy", "--tag", "grid") == "cancelled 1 orders\n"
    assert typed(capsys, "cancel", "--all", "--symbol", SYMBOL, "--chip", "h100") == "cancelled 1 orders\n"


@pytest.mark.parametrize(
    ("command", "code", "named"),
    [
        ("order buy 10 {symbol} 2.8101", 2, "off the tick"),
        ("order buy 10 {symbol} cheap", 2, "PRICE: price 'cheap' is not a decimal number of dollars"),
        ("order buy 10 {symbol}", 2, "a limit order needs PRICE"),
        ("order buy ten {symbol} 2.8", 2, "LOTS 'ten' is not a whole number"),
        ("order buy 0 {symbol} 2.8", 2, "LOTS 0 not in 1.."),
        ("order buy 1000000 {symbol} 2.8", 2, "LOTS 1000000 not in 1.."),
        ("order buy 10 H100.G90.F28 2.8", 2, "did you mean H100.G90.F27"),
        ("order buy 10 {symbol} 2.8 --tif ioc --post-only", 2, "not with --tif ioc"),
        ("order buy 10 {symbol} 2.8 --tif gtd", 2, "--till belongs to --tif gtd"),
        ("order buy 10 {symbol} 2.8 --tif gtd --till tomorrow", 2, "--till 'tomorrow' is not a time like"),
        ("order buy 10 {symbol} 2.8 --tif never", 2, "never"),
        ("order buy 10 {symbol} 2.8 --id a,b", 2, "--id 'a,b' is not 1 to 24 characters"),
        ("order buy 10 {symbol} 2.8 --no-keep", 2, "--wait SECONDS"),
        ("order buy 10 {symbol} 2.8 --account 2", 2, "--account 2 is not of key k_alice, which has 1"),
        ("order buy 10 {symbol} 2.8 --type stop", 2, "--trigger belongs to --type stop"),
        ("order buy 10 {symbol} 9.8", 1, "PRICE_BAND: price is outside the band"),
        ("order buy 10 {symbol} 2.8 --key {keys}/poor.pem", 1, "free funds do not cover the margin held; needs $"),
        ("order buy 10 {symbol} 2.8 --key {keys}/reader.pem", 1, "SCOPE: the key has scope read"),
        ("order buy 10 {symbol} 2.8 --key {keys}/stranger.pem", 1, "does not know key k_stranger"),
        ("order buy 10 {symbol} 2.8 --key {keys}/bob.pem --key-id k_alice", 1, "BAD_AUTH"),
        ("order buy 10 {symbol} 2.8 --key missing.pem", 2, "no key file missing.pem"),
        ("order buy 10 {symbol} 2.8 --key empty.txt", 2, "empty.txt holds no readable Ed25519 private key"),
        ("order buy 10 {symbol} 2.8 --venue ws://127.0.0.1:1", 69, "no venue at ws://127.0.0.1:1/v1/oe"),
        ("order buy 10 {symbol} 2.8 --venue 127.0.0.1", 2, "venue '127.0.0.1' is no address like ws://"),
        ("order buy 10 {symbol} 2.8 --profile nobody", 2, "no profile nobody"),
        ("order replace 12345 2.8", 1, "UNKNOWN_ORDER"),
        ("order replace 12345", 2, "nothing to change"),
        ("cancel 12345", 1, "12345: UNKNOWN_ORDER: no such working order"),
        ("cancel", 2, "give the numbers or ids of orders"),
        ("cancel 1 --all", 2, "give the numbers or ids of orders"),
        ("cancel 1 --side buy", 2, "add --all"),
        ("cancel --all --symbol nothing", 2, "no instrument 'nothing'"),
        ("positions --key {keys}/stranger.pem", 1, "does not know key k_stranger"),
        ("fills --last 0", 2, "--last 0 not in 1.."),
        ("book H100.G90.F28", 2, "did you mean H100.G90.F27"),
        ("book {symbol} --levels -1", 2, "--levels -1 is not 0 or more"),
        ("book {symbol} --venue ws://127.0.0.1:1", 69, "gpux serve and gpux demo start a venue"),
        ("limits --venue http://127.0.0.1", 2, "is no address like ws://"),
        ("margin --what-if 'buy 1 nothing 2.8'", 2, "no instrument 'nothing'"),
        ("login --key missing.pem", 2, "no key file missing.pem"),
        ("top --frames 11", 2, "--frames 11 not in 1..10"),
        ("top", 2, "gpux top needs a terminal"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_its_exit_code(
    command: str, code: int, named: str, venue: RunningVenue, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert named in mistake(capsys, command.format(symbol=SYMBOL, keys=venue.keys), code)


def test_without_a_key_a_trader_reads_how_to_give_one(
    venue: RunningVenue, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GPUX_KEY")
    assert "this needs your key: --key FILE.pem, GPUX_KEY, or once `gpux login" in mistake(capsys, "positions")


def test_a_refusal_is_also_a_line_of_json(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ended(capsys, "order", "buy", 1, SYMBOL, "9.8", "--json")
    refused = json.loads(out)
    assert code == 1 and is_one_line_on_stderr(err)
    assert (refused["t"], refused["name"], refused["applied"]) == ("err", "PRICE_BAND", "no")
    assert refused["lo"] < refused["hi"]


def test_a_closed_market_refuses_with_code_1(
    threaded: ThreadedVenue, venue: RunningVenue, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(capsys, "operator", "state", threaded.folder, "H100", "closed")
    try:
        assert "MARKET_CLOSED" in mistake(capsys, f"order buy 1 {SYMBOL} 2.8", 1)
        assert "phase CLOSED" in typed(capsys, "order", "buy", 1, SYMBOL, "2.8", "--dry-run")
    finally:
        ended(capsys, "operator", "state", threaded.folder, "H100", "open")
