"""Cancels of several orders go on after a refusal; the list shows orders of all sessions."""

import json

import pytest

from tests.cli.mistakes import ended
from tests.cli.trading.conftest import RunningVenue
from tests.cli.trading.typed import rows, typed
from tests.clients.scenes import SYMBOL


def test_what_can_be_cancelled_is_and_the_rest_is_named(
    venue: RunningVenue, capsys: pytest.CaptureFixture[str]
) -> None:
    (first,) = rows(capsys, "order", "buy", 1, SYMBOL, "2.801")
    (last,) = rows(capsys, "order", "buy", 1, SYMBOL, "2.802", "--id", "last")
    code, out, err = ended(capsys, "cancel", first["oid"], "gone", "last", "--json")
    replies = [json.loads(line) for line in out.splitlines()]
    assert code == 1 and "1 of 3 not cancelled: gone: UNKNOWN_ORDER" in err
    assert [reply["t"] for reply in replies] == ["ok", "err", "ok"]
    assert [reply.get("oid") for reply in replies] == [first["oid"], None, last["oid"]]


def test_the_list_is_a_table_of_all_working_orders(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    typed(capsys, "order", "buy", 10, SYMBOL, "2.801", "--tif", "gtc", "--id", "one")
    typed(capsys, "order", "sell", 3, SYMBOL, "2.831", "--id", "two")
    lines = [line for line in typed(capsys, "order", "list").splitlines() if SYMBOL in line]
    words = (("buy", "2.801", "10", "gtc", "one"), ("sell", "2.831", "3", "day", "two"))
    assert [[word in line for word in row] for line, row in zip(lines, words, strict=True)] == [[True] * 5] * 2


def test_none_to_cancel_is_no_failure(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    assert rows(capsys, "cancel", "--all")[0]["n"] == 0
