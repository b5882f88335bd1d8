"""Commands about accounts: definition, deposits and withdrawals, opening sessions, margin calls."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

from exchange.clearing_codes import CashReason, HouseAccount, Standing
from exchange.codes import CancelReason, CommandKind, EventFlag, EventKind, RejectReason, Scope
from exchange.reference.book import Order
from exchange.reference.clearing import Account, Clearing
from exchange.reference.formulas.month_margin import Cell, Pair, Rates, month_margin
from exchange.reference.implied import report_implied_prices
from exchange.reference.market import Market
from exchange.reference.orders import cancel_order
from exchange.units import MONEY_MAX, NS_PER_HOUR, share_ceil


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
        margin_held_mills=hold, unpaid_gain_mills=equity - funds, required_mills=account.required_mills,
        flags=EventFlag.MARGIN,
    )  # fmt: skip
    if not out and account.standing == Standing.CLOSE_ONLY:
        missing = account.required_mills - clearing.equity_mills(account)
        _report_call(market, account, Standing.CLOSE_ONLY if missing > 0 else Standing.OPEN)


# --- margin calls


def run_margin(market: Market, payload: dict[str, Any]) -> None:
    """MARGIN: compute full margins, call accounts below maintenance, end or renew calls (MARGIN-012, FALL-003)."""
    clearing, pairs, addon_bp = market.clearing, payload.get("pairs", ()), payload.get("addon_bp", 5_000)
    clearing.addon_months, clearing.addon_bp = dict(payload.get("addon", ())), addon_bp
    addon = list(clearing.addon_months.items())
    accounts = [account for _, account in sorted(clearing.accounts.items())]
    before = {account.number: account.standing for account in accounts}
    for account in accounts:
        account.required_mills = full_margin(clearing, account, pairs, addon, addon_bp)
    after = {account.number: _standing_after(market, account, payload) for account in accounts}
    for account in accounts:
        change = before[account.number], after[account.number]
        for order in reversed(market.working(account.number)):
            called = change == (Standing.OPEN, Standing.CLOSE_ONLY)
            if change[1] == Standing.LIQUIDATING or (called and not _only_closes(market, account, order)):
                cancel_order(market, order, CancelReason.DEFAULT)
    report_implied_prices(market)
    for account in accounts:
        now = after[account.number]
        if (before[account.number], now) == (Standing.OPEN, Standing.CLOSE_ONLY):
            account.call_due_ns = market.command.time_ns + payload.get("call_ns", 2 * NS_PER_HOUR)
        if now != before[account.number] or now == Standing.CLOSE_ONLY:
            if now == Standing.DEFAULTED:
                _bear_loss(market, account)
            _report_call(market, account, now)


def full_margin(
    clearing: Clearing, account: Account, pairs: Sequence[Pair], addon: Collection[tuple[int, int]], addon_bp: int
) -> int:
    """MARGIN-001: what the account's positions alone require. The terms are those of `month_margin`."""
    hours: dict[Cell, int] = {}
    for index, position in account.positions.items():
        instrument = clearing.instruments[index]
        for month, of_month in instrument.months:
            cell = instrument.commodity, month, instrument.floor_bp
            hours[cell] = hours.get(cell, 0) + position.lots * of_month
    rates = {one.index: Rates(one.psr_mills, one.intra_mills, one.tier_mills) for one in clearing.commodities.values()}
    return month_margin(hours, rates, pairs, addon, addon_bp)


def _standing_after(market: Market, account: Account, payload: dict[str, Any]) -> Standing:
    equity, required = market.clearing.equity_mills(account), account.required_mills
    if account.standing == Standing.OPEN:
        is_short = equity < share_ceil(required, payload.get("maintenance_bp", 8_000))
        return Standing.CLOSE_ONLY if is_short else Standing.OPEN
    if account.standing == Standing.CLOSE_ONLY:
        if equity >= required:
            return Standing.OPEN
        return Standing.LIQUIDATING if account.call_due_ns <= market.command.time_ns else Standing.CLOSE_ONLY
    is_flat = not any(position.lots for position in account.positions.values())
    if account.standing == Standing.LIQUIDATING and is_flat:
        return Standing.DEFAULTED if equity < 0 else Standing.OPEN
    return account.standing


def _only_closes(market: Market, account: Account, order: Order) -> bool:
    return market.clearing.only_closes(account, market.working(account.number), order)


def _bear_loss(market: Market, account: Account) -> None:
    """The house pays what a flat account cannot (FALL-003)."""
    clearing = market.clearing
    missing = -clearing.equity_mills(account)
    clearing.post(account, HouseAccount.DEFAULT, missing)
    sequence = market.next_number(account.number)
    market.next_number(account.number)  # number of the margin message that follows
    market.emit(
        EventKind.CASH_MOVED, account=account.number, amount_mills=missing, account_sequence=sequence,
        cash_reason=CashReason.SHORTFALL, equity_after_mills=0, flags=EventFlag.MARGIN,
        margin_held_mills=market.initial_margin_mills(account), unpaid_gain_mills=-clearing.funds_mills(account),
        required_mills=account.required_mills,
    )  # fmt: skip


def _report_call(market: Market, account: Account, standing: Standing) -> None:
    """Note how an account stands now, and report it."""
    account.standing = standing
    details = {}
    if standing == Standing.CLOSE_ONLY:
        missing = account.required_mills - market.clearing.equity_mills(account)
        details = {"call_mills": missing, "due_ns": account.call_due_ns}
    else:
        account.call_due_ns = 0
    sequence = market.next_number(account.number)
    market.emit(
        EventKind.MARGIN_CALLED, account=account.number, account_sequence=sequence, standing=standing, **details
    )
