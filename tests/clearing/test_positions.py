"""Positions are found by account and book in an index, opened once, and reported once a command (SETTLE-007)."""

import pytest

from exchange.codes import CommandKind, EventKind, Side, TimeInForce
from exchange.conformance.market import BOOKS
from tests.played import play


@pytest.mark.rule("SETTLE-007")
def test_an_account_has_one_row_for_each_book_it_has_traded_or_works_in() -> None:
    before = "a B1@99 acct=A; b M2 B1@99 acct=A; c B1@98 acct=A; d S1@101 acct=B; e SP B1@0 acct=B"
    market = play("X a; N f B1@97 acct=A", before)
    rows = market.state.positions[1 : int(market.state.used_positions) + 1]
    pairs = sorted((int(row.account), int(row.book)) for row in rows)
    assert pairs == [(1, BOOKS["M1"]), (1, BOOKS["M2"]), (2, BOOKS["M1"]), (2, BOOKS["M2"])]


@pytest.mark.rule("ACCT-001")
def test_each_position_that_a_command_touches_is_reported_once() -> None:
    market = play("-", "a S1@100 acct=A; b S1@101 acct=A; c S1@102 acct=B", "hours=10")
    fields = {"instrument": 1, "side": Side.BUY, "price": 102, "lots": 3, "tif": TimeInForce.IOC}
    events = market.send(CommandKind.NEW, account=2, **fields)
    reported = [(row.account, row.position_lots) for row in events if row.kind == EventKind.POSITION_CHANGED]
    assert sorted(reported) == [(1, -2), (2, 2)], "B's own sale and purchase make one"
    assert not market.state.positions["report_queued"].any() and market.state.cursor.report_first == 0


@pytest.mark.rule("SETTLE-007", "INV-018")
def test_a_position_that_is_closed_keeps_what_it_has_earned() -> None:
    market = play("N t B3@103 acct=B; N u S3@101 acct=B", "a S5@103 acct=A; b B5@101 acct=A", "hours=10")
    row = market.state.positions[1]
    assert (row.lots, row.open_value_tick_lots) == (0, -3 * 103 + 3 * 101)
    gains = market.state.accounts["unrealised_pnl_mills"]
    assert gains[1] == -gains[2] == 3 * 2 * 10
