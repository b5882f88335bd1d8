"""`gpux book` as a trader types it."""

import pytest

from tests.cli.trading.conftest import RunningVenue
from tests.cli.trading.typed import rows, typed
from tests.clients.scenes import SYMBOL


def test_direct_and_implied_prices_stand_apart(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    typed(capsys, "order", "buy", 5, SYMBOL, "2.801")
    typed(capsys, "order", "sell", 7, "H100.G90.G27", "2.820")
    typed(capsys, "order", "sell", 4, "H100.G90.F27-G27", "0.005")  # so F27 is offered at 2.825 through both
    (book,) = rows(capsys, "book", SYMBOL)
    assert (book["sym"], book["b"], book["a"], book["ia"]) == (SYMBOL, [[2801, 5]], [], [2825, 4])
    lines = typed(capsys, "book", SYMBOL).splitlines()
    assert lines[0].startswith(f"{SYMBOL}  OPEN")
    (ask,) = [line for line in lines if "2.825" in line]
    assert [cell.strip() for cell in ask.split("│")[1:-1]] == ["", "", "2.825", "", "4"]
    (bid,) = [line for line in lines if "2.801" in line]
    assert [cell.strip() for cell in bid.split("│")[1:-1]] == ["", "5", "2.801", "", ""]


def test_levels_are_cut_on_each_side(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    for price in ("2.801", "2.802", "2.803"):
        typed(capsys, "order", "buy", 1, SYMBOL, price)
    assert [level[0] for level in rows(capsys, "book", SYMBOL, "--levels", 2)[0]["b"]] == [2803, 2802]
    assert len(rows(capsys, "book", SYMBOL, "--levels", 0)[0]["b"]) == 3


def test_an_empty_book_says_so(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no orders" in typed(capsys, "book", SYMBOL)
