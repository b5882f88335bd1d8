"""Where the screen begins, and what ends it before it is drawn."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clients.client import Session
from exchange.cli.trading.place import Access
from exchange.cli.trading.screen import running
from exchange.cli.trading.screen.running import first_instrument
from exchange.errors import UserError
from tests.clients.stub_session import instrument

ROWS = {
    symbol: instrument(number, symbol, **{"from": first, "combo": combo})
    for number, (symbol, first, combo) in enumerate(
        (("B", "2027-02-01", ""), ("A-B", "2027-01-01", "calendar"), ("A", "2027-01-01", "")), 1
    )
}


def first(symbol: str = "", held: tuple[int, ...] = (), rows: dict[str, Any] | None = None) -> str:
    async def instruments() -> dict[str, Any]:
        return ROWS if rows is None else rows

    accounts = {7: SimpleNamespace(positions=dict.fromkeys(held))}
    session = cast(Session, SimpleNamespace(instruments=instruments, core=SimpleNamespace(accounts=accounts)))
    return asyncio.run(first_instrument(session, symbol, "here")).symbol


def test_it_begins_with_what_was_asked_for_or_held_or_delivers_first() -> None:
    assert (first("b"), first(held=(1,)), first()) == ("B", "B", "A")
    with pytest.raises(UserError, match="no instrument 'X'"):
        first("X")
    with pytest.raises(UserError, match="lists no instruments"):
        first(rows={})


def test_it_needs_a_terminal() -> None:
    with pytest.raises(UserError, match="gpux top needs a terminal"):
        running.run(Access("ws://127.0.0.1:1"), "", 0, 10)


def test_an_absent_venue_ends_it_before_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "Console", lambda: SimpleNamespace(is_terminal=True))
    with pytest.raises(UserError, match="no venue at") as ended:
        running.run(Access("ws://127.0.0.1:1"), "", 0, 10)
    assert ended.value.code == 69
