"""The operator's requests about members: the ledger, accounts, money, kill switches, keys."""

import msgspec

from contracts_spec.schema import Spec
from exchange.clearing_codes import AccountFlag
from exchange.codes import CommandKind, KillParty, Scope
from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.errors import UserError
from exchange.gateway.auth import encode_bytes
from exchange.gateway.gateway import Gateway
from exchange.gateway.keys import KeyDefinition, key_payload
from exchange.operator.acts import Acts, NeedsTwo
from exchange.operator.authority import Authority
from exchange.operator.pending_answer import PendingAnswer, Reply
from exchange.operator.requests import (
    Answer,
    DefineAccount,
    DefineKey,
    KillSwitch,
    Money,
    Revoke,
    ShowLedger,
    ShowMargin,
    ShowStatement,
)
from exchange.venue.account_terms import check_deposit, firm_of_key, new_account
from exchange.venue.venue import Venue
from exchange.wire.errors import CloseCode
from exchange.wire.messages import Err, Query, StatementView, WhatIfOrder
from exchange.wire.words import session_number

REVOKED_US = 1  # expiry time of a revoked key: in the past whatever the clock says
# Scope of a kill -> the field of its row that names what is killed.
_NAMED_BY = {Scope.ACCOUNT: "account", Scope.SESSION: "killed_session", Scope.FIRM: "killed_firm"}
_LIMITS = ("order_lots_max", "position_lots_max", "term_lots_max")


class MemberRequests:
    """Each public method serves one kind of request. UserError: the request is refused."""

    def __init__(self, venue: Venue, gateway: Gateway, spec: Spec, acts: Acts, authority: Authority) -> None:
        self._venue, self._gateway, self._spec = venue, gateway, spec
        self._acts, self._authority = acts, authority

    def show_ledger(self, request: ShowLedger, reply: Reply) -> None:
        """Answer with the balance of each account of the house, of all customers together, and the sum of these."""
        self._venue.ask(lambda: reply(Answer(True, self._ledger_lines())))

    def _ledger_lines(self) -> list[str]:
        totals = query.totals(self._venue.states)
        balances = {house.name.lower(): mills for house, mills in totals.house_mills.items()}
        balances |= {"customers": totals.cash_mills, "sum": totals.ledger_mills}
        return [f"{name} {mills:,} mills" for name, mills in balances.items()]

    def show_statement(self, request: ShowStatement, reply: Reply) -> None:
        """Answer with the account's statement of the day settled last, and what has moved since."""
        account = request.account
        self._check_defined(account)
        self._venue.ask(lambda: reply(Answer(True, statement_lines(*self._venue.questions.statements(account)))))

    def show_margin(self, request: ShowMargin, reply: Reply) -> None:
        """Answer with the account's `MarginView` in JSON, as it is and, in a second line, with what is hypothetical."""
        self._check_defined(request.account)
        self._venue.ask(lambda: reply(self._margin_answer(request)))

    def _margin_answer(self, request: ShowMargin) -> Answer:
        ids = {row.symbol: row.instrument_id for row in self._venue.table.listed}
        for symbol, *_ in (*request.orders, *request.positions):
            if symbol not in ids:
                return Answer(False, why=f"no instrument {symbol} is listed")
        orders = [
            WhatIfOrder(instrument=ids[symbol], side=side, price_tick=tick, order_lots=lots)
            for symbol, side, tick, lots in request.orders
        ]
        positions = [(ids[symbol], lots) for symbol, lots in request.positions]
        asked = [Query(request_id=1, what="margin")]
        if orders or positions:
            asked.append(Query(request_id=1, what="margin", orders=orders, positions=positions))
        views = [self._venue.questions.what_if(request.account, one) for one in asked]
        for view in views:
            if isinstance(view, Err):
                return Answer(False, why=f"{view.name}: {view.message}")
        return Answer(True, [msgspec.json.encode(view).decode() for view in views])

    def _check_defined(self, account: int) -> None:
        if account not in query.accounts(self._venue.states):
            raise UserError(f"account {account} is not defined")

    def define_account(self, request: DefineAccount, reply: Reply) -> None:
        """Define an account, or change its terms. Terms that are not given stay as they are."""
        terms = self._terms(request.account)
        given = {name: getattr(request, name) for name in ("firm", *_LIMITS, "close_only")}
        terms = msgspec.structs.replace(terms, **{name: value for name, value in given.items() if value is not None})
        text = f"account {terms.account} of firm {terms.firm}: " + ", ".join(
            [*(f"{name} {getattr(terms, name)}" for name in _LIMITS), *(["close only"] if terms.close_only else [])]
        )
        PendingAnswer(1, reply, self._acts).add_control(CommandKind.DEFINE_ACCOUNT, encode_payload(terms), text)

    def _terms(self, account: int) -> AccountPayload:
        """The present terms of an account; the defaults if it is new. UserError: the number is too large."""
        accounts = self._venue.states["accounts"][0]
        if account >= len(accounts):
            raise UserError(f"account {account} not in 1..{len(accounts) - 1}")
        row = accounts[account]
        if not row["flags"] & AccountFlag.DEFINED:
            return new_account(self._spec, account)
        limits = {name: int(row[name]) for name in ("firm", "smp_id", *_LIMITS)}
        return AccountPayload(account, **limits, close_only=bool(row["flags"] & AccountFlag.CLOSE_ONLY))

    def move_money(self, request: Money, reply: Reply) -> None:
        """Deposit or withdraw money."""
        if request.mills == 0:
            raise UserError("mills must not be 0")
        kind = CommandKind.DEPOSIT if request.mills > 0 else CommandKind.WITHDRAW
        fields = {"kind": kind, "account": request.account, "amount_mills": abs(request.mills)}
        PendingAnswer(1, reply, self._acts).add_row(fields, f"{kind.name.lower()} of {abs(request.mills)} mills")

    def switch(self, request: KillSwitch, reply: Reply) -> None:
        """Set or lift the venue's kill switch for an account, a session or a firm."""
        scope = Scope[request.scope.upper()]
        number = session_number(request.number) if scope == Scope.SESSION else _number(request.number)
        if number == 0:
            raise UserError(f"{request.number!r} names no {request.scope}")
        fields = {
            "kind": CommandKind.KILL if request.on else CommandKind.UNKILL,
            "scope": scope,
            "kill_party": KillParty.VENUE,
            _NAMED_BY[scope]: number,
        }
        text = f"{request.scope} {request.number} {'stopped' if request.on else 'no longer stopped'}"
        PendingAnswer(1, reply, self._acts).add_row(fields, text)

    def define_key(self, request: DefineKey, reply: Reply) -> None:
        """Make a key; define its account if that is new, and pay in a deposit if one is asked for."""
        if request.key in self._gateway.keys.keys:
            raise UserError(f"key {request.key} exists already: choose another name")
        of_operator = self._authority.concerns_operators(request)
        maker = self._authority.one_person(self._acts.signers) if of_operator else ""
        firm = firm_of_key(self._venue.states, request.account, request.scopes, request.firm)
        payload = key_payload(
            KeyDefinition(request.key, request.public, [request.account], request.scopes, firm, made_by=maker)
        )
        terms = self._terms(request.account)
        defined = request.account in query.accounts(self._venue.states)
        check_deposit(self._venue.states, request.mills)
        self._need_two_for(request, f"key {request.key} of a new operator")
        answer = PendingAnswer(1 + (not defined) + bool(request.mills), reply, self._acts)
        if not defined:
            terms = msgspec.structs.replace(terms, firm=firm)
            text = f"account {request.account} defined"
            answer.add_control(CommandKind.DEFINE_ACCOUNT, encode_payload(terms), text)
        text = f"key {request.key} for account {request.account}"
        answer.add_control(CommandKind.DEFINE_KEY, payload, text, lambda: self._store_key(payload))
        if request.mills:
            fields = {"kind": CommandKind.DEPOSIT, "account": request.account, "amount_mills": request.mills}
            answer.add_row(fields, f"deposit of {request.mills} mills")

    def revoke_key(self, request: Revoke, reply: Reply) -> None:
        """Revoke a key and close its connections (SEC-001)."""
        key = self._gateway.keys.keys.get(request.key)
        if key is None:
            raise UserError(f"there is no key {request.key}")
        self._need_two_for(request, f"the end of operator key {request.key}")
        definition = KeyDefinition(
            key.key, encode_bytes(key.public), list(key.accounts), sorted(key.scopes), key.firm,
            REVOKED_US, sorted(key.addresses), key.made_by,
        )  # fmt: skip
        payload = key_payload(definition)

        def end() -> None:
            self._store_key(payload)
            self._close_connections(request.key)

        text = f"key {request.key} revoked"
        PendingAnswer(1, reply, self._acts).add_control(CommandKind.DEFINE_KEY, payload, text, end)

    def _need_two_for(self, request: DefineKey | Revoke, what: str) -> None:
        """Raise NeedsTwo if one of several operators makes or ends an operator's key alone.

        Otherwise one person could make a second key and act as two.
        """
        if self._authority.concerns_operators(request) and self._authority.has_two and not self._acts.by_two:
            raise NeedsTwo(what)

    def _store_key(self, payload: bytes) -> None:
        """Put a key into the key store. Call it when its control is durable and the last command applied."""
        self._gateway.keys.define(self._venue.sequence, payload)

    def _close_connections(self, key: str) -> None:
        for connection in list(self._gateway.connections):
            if connection.key is not None and connection.key.key == key:
                connection.close(CloseCode.KEY_REVOKED, "key revoked")


def statement_lines(last: StatementView | None, today: StatementView) -> list[str]:
    """A statement of the day settled last, and one of the day that runs, a line for each part."""
    lines = []
    for view in (last, today):
        if view is None:
            lines.append("no trading day is settled yet")
            continue
        note = ", some events of it are gone" if view.partial else ""
        lines.append(f"{view.day or 'since then'}{note}")
        parts = [
            ("opening", view.opening_mills), ("variation", view.variation_mills), ("fees", view.fees_mills),
            ("delivery", view.delivery_mills), ("moved", view.moved_mills), ("adjusted", view.adjusted_mills),
            ("closing" if view.day else "now", view.closing_mills), ("initial margin", view.initial_margin_mills),
        ]  # fmt: skip
        lines += [f"  {name:<16}{mills:>24,} mills" for name, mills in parts]
    return lines


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 2**32 else 0
