"""Accounts: their definition, cash, and the sessions that they open."""

import pytest

from exchange.clearing_codes import HouseAccount
from exchange.codes import CommandKind, EventFlag, EventKind, RejectReason, Scope
from exchange.conformance.market import account_payload
from exchange.reference.accounts import define_account, move_cash, open_session
from exchange.reference.market import Market
from exchange.reference.rows import Command
from exchange.units import MONEY_MAX


def market_with_account(**parameters: int) -> Market:
    market = Market()
    define_account(market, account_payload(1, parameters))
    market.events = []
    return market


def moved(market: Market, kind: CommandKind, mills: int, account: int = 1) -> tuple[int, int, int]:
    """(kind, reason, amount) of the answer."""
    market.events = []
    market.command = Command(kind=kind, account=account, amount_mills=mills)
    move_cash(market)
    (event,) = market.events
    return event.kind, event.reason, event.amount_mills


def test_a_definition_sets_new_terms_and_keeps_what_the_account_owns() -> None:
    market = market_with_account(maxpos=5)
    market.clearing.accounts[1].cash_mills = 7
    define_account(market, account_payload(1, {"maxpos": 9, "firm": 2}))
    account = market.clearing.accounts[1]
    assert (account.position_lots_max, account.firm, account.cash_mills) == (9, 2, 7)
    assert [event.kind for event in market.events] == [EventKind.ACCOUNT_DEFINED]


@pytest.mark.rule("SPEC-004", "MARGIN-015")
def test_deposits_are_bounded_and_only_free_funds_are_paid_out() -> None:
    market = market_with_account()
    refused = EventKind.COMMAND_REFUSED
    assert moved(market, CommandKind.DEPOSIT, 100) == (EventKind.CASH_MOVED, 0, 100)
    assert moved(market, CommandKind.WITHDRAW, 30) == (EventKind.CASH_MOVED, 0, -30)
    assert moved(market, CommandKind.WITHDRAW, 71) == (refused, RejectReason.INSUFFICIENT_MARGIN, 71)
    assert moved(market, CommandKind.DEPOSIT, MONEY_MAX) == (refused, RejectReason.FULL, MONEY_MAX)
    assert moved(market, CommandKind.DEPOSIT, 0) == (refused, RejectReason.BAD_QTY, 0)
    assert moved(market, CommandKind.DEPOSIT, 1, account=2) == (refused, RejectReason.UNKNOWN_ACCOUNT, 0)
    house = market.clearing.house_mills
    assert (house[HouseAccount.DEPOSITS], house[HouseAccount.WITHDRAWALS]) == (-100, 30)


@pytest.mark.rule("ACCT-001")
def test_a_move_of_cash_announces_the_margin() -> None:
    market = market_with_account()
    moved(market, CommandKind.DEPOSIT, 100)
    (event,) = market.events
    assert (event.flags, event.account_sequence, event.equity_after_mills) == (EventFlag.MARGIN, 1, 100)
    assert market.clearing.accounts[1].sequence == 2


@pytest.mark.rule("RECOV-013")
def test_a_session_that_loses_its_row_takes_its_kill_along() -> None:
    market = market_with_account()
    market.kills = {(Scope.SESSION, 1): {0}, (Scope.ACCOUNT, 1): {0}}
    for session in (1, 65):
        market.command = Command(kind=CommandKind.SESSION, account=1, session=session)
        open_session(market)
    assert market.kills == {(Scope.ACCOUNT, 1): {0}}
    assert market.sessions.opened_by == {65: 1}
    assert [event.kind for event in market.events] == [EventKind.SESSION_OPENED] * 2
