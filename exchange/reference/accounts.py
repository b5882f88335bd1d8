"""Commands about accounts: definition, deposits and withdrawals, opening sessions."""

import dataclasses
from typing import Any

from exchange.clearing_codes import HouseAccount
from exchange.codes import CommandKind, EventFlag, EventKind, RejectReason, Scope
from exchange.reference.clearing import Account
from exchange.reference.market import Market
from exchange.units import MONEY_MAX


def define_account(market: Market, payload: dict[str, Any]) -> None:
    """DEFINE_ACCOUNT: define a new account, or give an account new terms."""
    accounts = market.clearing.accounts
    terms = {name: payload[name] for name in ("order_lots_max", "position_lots_max", "term_lots_max", "close_only")}
    terms |= {"smp_id": payload.get("smp_id", 0), "firm": payload.get("firm", 0)}
    known = accounts.get(payload["account"])
    if known is None:
        accounts[payload["account"]] = Account(payload["account"], **terms)
    else:
        accounts[payload["account"]] = dataclasses.replace(known, **terms)
    market.emit(EventKind.ACCOUNT_DEFINED, account=payload["account"])


def open_session(market: Market) -> None:
    """SESSION: open or resume a session. It may displace another one, whose kill is dropped too (RECOV-013)."""
    displaced = market.sessions.open(market.command.session, market.command.account)
    if displaced is not None:
        market.kills.pop((Scope.SESSION, displaced), None)
    market.answer(EventKind.SESSION_OPENED)


def move_cash(market: Market) -> None:
    """DEPOSIT: the sum of all deposits is bounded (SPEC-004). WITHDRAW: only free margin is paid out (MARGIN-015)."""
    command = market.command
    account = market.clearing.accounts.get(command.account)
    if account is None:
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.UNKNOWN_ACCOUNT)
        return
    out = command.kind == CommandKind.WITHDRAW
    clearing, hold = market.clearing, market.initial_margin_mills(account)
    equity, funds = clearing.equity_mills(account), clearing.funds_mills(account)
    if command.amount_mills < 1:
        market.refuse(EventKind.COMMAND_REFUSED, RejectReason.BAD_QTY)
        return
    most = funds - hold if out else MONEY_MAX + clearing.house_mills[HouseAccount.DEPOSITS]
    if command.amount_mills > most:
        reason = RejectReason.INSUFFICIENT_MARGIN if out else RejectReason.FULL
        market.refuse(EventKind.COMMAND_REFUSED, reason, asked_mills=command.amount_mills, most_mills=most)
        return
    amount = -command.amount_mills if out else command.amount_mills
    clearing.post(account, HouseAccount.WITHDRAWALS if out else HouseAccount.DEPOSITS, amount)
    sequence = market.next_number(account.number)
    market.next_number(account.number)  # number of the margin message that follows
    market.answer(
        EventKind.CASH_MOVED, amount_mills=amount, account_sequence=sequence, equity_after_mills=equity + amount,
        margin_held_mills=hold, unpaid_gain_mills=equity - funds, flags=EventFlag.MARGIN,
    )  # fmt: skip
