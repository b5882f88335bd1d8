"""What a command says at its end of the positions that its fills touched (ACCT-001, MARGIN-013)."""

import pytest

from exchange.codes import CommandKind, EventFlag, EventKind, Side, TimeInForce
from exchange.limits import STEP_EVENTS
from tests.played import Played, play


def taken(market: Played, **fields: int) -> list[tuple[int, int, int]]:
    """(account, instrument, flags) of each POS after account 2 has bought."""
    order = {"side": Side.BUY, "price": 110, "tif": TimeInForce.IOC, "account": 2}
    events = market.send(CommandKind.NEW, **order | fields)
    kinds = [event.kind == EventKind.POSITION_CHANGED for event in events]
    assert kinds == sorted(kinds), "behind all that the command has done"
    return [(e.account, e.instrument, e.flags) for e in events if e.kind == EventKind.POSITION_CHANGED]


@pytest.mark.rule("ACCT-001")
def test_each_account_s_last_report_says_that_its_margin_follows() -> None:
    market = play("-", "a SP S2@4 acct=A; b B1@90 acct=B")
    reports = taken(market, instrument=3, price=4, lots=2)
    last = EventFlag.MARGIN
    assert sorted(reports) == [(1, 1, 0), (1, 2, last), (2, 1, 0), (2, 2, last)]


@pytest.mark.rule("MARGIN-013", "MARGIN-015")
def test_it_reports_what_is_held_and_what_the_position_is_worth_now() -> None:
    market = play("-", "a S3@104 acct=A; b B1@90 acct=B", "hours=10 psr=7 ref=100")
    order = {"account": 2, "instrument": 1, "side": Side.BUY, "price": 104, "lots": 3}
    events = market.send(CommandKind.NEW, **order)
    (row,) = (event for event in events if event.kind == EventKind.POSITION_CHANGED and event.account == 2)
    assert (row.position_lots, row.open_value_tick_lots, row.mark_tick) == (3, 3 * 104, 100)
    account = market.state.accounts[2]
    assert row.equity_mills == account.cash_mills - 3 * 4 * 10
    assert (row.unpaid_gain_mills, row.margin_held_mills) == (0, account.initial_margin_mills)


@pytest.mark.rule("ACCT-001", "INV-020")
def test_more_reports_than_the_event_buffer_takes_come_out_once_each() -> None:
    makers = "; ".join(f"o{number} S1@{100 + number % 5} acct=P{number}" for number in range(STEP_EVENTS + 6))
    market = play("-", f"z S1@120 acct=Z; b B1@90 acct=B; {makers}", capacity=STEP_EVENTS)
    reports = taken(market, instrument=1, lots=STEP_EVENTS + 6)
    assert len(reports) == len(set(reports)) == STEP_EVENTS + 7
