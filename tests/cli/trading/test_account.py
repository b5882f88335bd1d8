"""`gpux positions`, `fills` and `limits` as a trader types them."""

import pytest

from tests.cli.trading.conftest import RunningVenue
from tests.cli.trading.typed import rows, typed
from tests.clients.scenes import SYMBOL


def test_a_trade_shows_in_positions_and_fills_of_both(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    bob = ("--key", venue.keys / "bob.pem")
    before = {row["sym"]: row["q"] for row in rows(capsys, "positions")}.get(SYMBOL, 0)
    typed(capsys, "order", "buy", 5, SYMBOL, "2.815")
    typed(capsys, "order", "sell", 5, SYMBOL, "2.815", *bob)
    after = {row["sym"]: row["q"] for row in rows(capsys, "positions")}[SYMBOL]
    others = {row["sym"]: row["q"] for row in rows(capsys, "positions", *bob)}[SYMBOL]
    assert after == before + 5 == -others
    mine, theirs = rows(capsys, "fills", "--last", 1)[0], rows(capsys, "fills", "--last", 1, *bob)[0]
    assert mine["tid"] == theirs["tid"] and (mine["side"], theirs["side"]) == ("b", "s")
    assert (mine["sym"], mine["px"], mine["q"], mine["liq"]) == (SYMBOL, 2815, 5, "maker")
    table = typed(capsys, "fills")
    assert "2.815" in table and "maker" in table and SYMBOL in table
    assert f"{after * 744:,}" in typed(capsys, "positions"), "GPU-hours of January"


def test_limits_show_tokens_with_a_key_and_rates_without(
    venue: RunningVenue, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {row["k"]: row for row in rows(capsys, "limits")}
    assert named["order"]["left"] <= named["order"]["burst"]
    monkeypatch.delenv("GPUX_KEY")
    named = {row["k"]: row for row in rows(capsys, "limits")}
    assert "left" not in named["order"] and named["order"]["rate"] > 0
    assert "order" in typed(capsys, "limits") and "channels" in typed(capsys, "limits")
