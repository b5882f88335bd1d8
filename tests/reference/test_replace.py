"""REPLACE, of an order and of a waiting stop."""

import pytest

from exchange.codes import CommandFlag, OrderType, Side
from exchange.reference.replace import changed_by, keeps_priority, stop_changed_by
from exchange.reference.rows import Command
from tests.reference.scenario import events, order, run


@pytest.mark.rule("REPL-001", "ICE-005")
def test_fewer_lots_keep_priority_another_price_display_or_more_lots_lose_it() -> None:
    book = "a B3@100; b B3@99; c B3@98; d B4@97 disp=2"
    assert events("R a 2@100; R b 5@99; R c 2@96; R d 4@97 disp=3", book) == [
        *("RPL a keep", "RPL b lose", "RST b 5@99", "RPL c lose", "RST c 2@96", "RPL d lose", "RST d 3@97 hid=1")
    ]


@pytest.mark.rule("REPL-002", "REPL-003")
def test_the_new_total_counts_executed_lots() -> None:
    partly_filled = "a B5@100; t S2@100"
    assert events("R a 4@100", partly_filled) == ["RPL a keep"]
    assert events("R a 2@100", partly_filled) == ["RPL a", "CXL a 3 IFM"]
    market, _ = run("R a 4@100", partly_filled)
    assert [resting.leaves_lots for resting in market.orders.values()] == [2]


@pytest.mark.rule("REPL-005")
def test_a_new_price_that_crosses_trades_at_once() -> None:
    assert events("R a 3@101", "a B3@100; b S1@101") == ["RPL a lose", "TRD b a 1@101", "RST a 2@101"]


@pytest.mark.rule("REPL-004", "ORDER-006", "TIF-007")
@pytest.mark.parametrize(
    ("before", "change", "parameters", "reason"),
    [
        ("a B3@100", "R a 0@100", "-", "BAD_QTY"),
        ("-", "R a 1@100", "-", "UNKNOWN"),
        ("a B3@100", "R a 3@101 stop=105", "-", "BAD_COMBO"),
        ("a B3@100; K a", "R a 3@101", "-", "UNKNOWN"),
        ("a B3@100; ST nocancel", "R a 3@101", "-", "STATE"),
        ("a B3@100", "R a 3@101", "tick=2", "OFF_TICK"),
        ("a B4@100", "R a 3@100", "lot=2", "BAD_LOT"),
        ("a B3@100", "R a 3@106", "band=5", "BAND"),
        ("a B3@100", "R a 6@100", "maxpos=5", "POSITION"),
        ("a B3@100", "R a 9@100", "cash=8", "RISK"),
        ("a B3@100 po; b S1@101", "R a 3@101", "-", "PO_CROSS"),
        ("s B3@110 stop=100", "R s 3@111 stop=101", "ltp=100", "ELECTED"),
    ],
)
def test_a_replace_passes_every_check_of_entry(before: str, change: str, parameters: str, reason: str) -> None:
    assert events(change, before, parameters) == [f"RREJ {change.split()[1]} {reason}"]


@pytest.mark.rule("BAND-003", "REPL-004")
def test_a_replace_that_keeps_priority_is_asked_for_no_price_or_margin() -> None:
    assert events("R a 2@100", "a B3@100", "cash=3") == ["RPL a keep"]


@pytest.mark.rule("REPL-006")
def test_what_a_replace_does_not_name_stays() -> None:
    old = order(1, Side.BUY, 100, 5, filled_lots=2)
    flags = CommandFlag.KEEP_PRICE | CommandFlag.KEEP_LOTS | CommandFlag.SET_TAG
    changed = changed_by(old, Command(tag=7, price=1, lots=1, tif=3, flags=flags))
    assert (changed.price, changed.order_lots, changed.leaves_lots, changed.tif, changed.tag) == (100, 5, 3, 0, 7)
    assert keeps_priority(old, old)


@pytest.mark.rule("REPL-007")
def test_a_waiting_stop_loses_its_turn_by_another_trigger_or_more_lots() -> None:
    stop = "s B3@110 stop=105"
    assert events("R s 2@110", stop) == ["RPL s keep"]
    assert events("R s 3@112", stop) == ["RPL s keep"]
    assert events("R s 4@110", stop) == ["RPL s lose"]
    assert events("R s 3@110 stop=106", stop) == ["RPL s lose"]


@pytest.mark.rule("REPL-007")
def test_the_limit_of_a_plain_stop_moves_with_its_trigger() -> None:
    market, _ = run(parameters="pp=4")
    stop = order(1, Side.BUY, 109, 1, trigger=105, order_type=OrderType.STOP)
    moved = Command(trigger=107, flags=CommandFlag.SET_TRIGGER | CommandFlag.KEEP_PRICE | CommandFlag.KEEP_LOTS)
    assert stop_changed_by(market, stop, moved).price == 111
    tightened = Command(price=106, lots=1)
    assert stop_changed_by(market, stop, tightened).price == 106


@pytest.mark.rule("REPL-007")
def test_a_new_trigger_that_is_true_elects_at_once() -> None:
    assert events("R s 3@110 stop=100", "s B3@110 stop=105", "ltp=100") == ["RPL s lose", "TRG s", "RST s 3@110"]
