"""What becomes of the operator's requests on a venue that serves: rows and controls in the one journal (SEC-063).

    desk = OperatorDesk(server.venue, server.gateway, spec, clock, on_stop)
    desk.take(line, answer)             # `answer` gets an Answer, once what was asked is durable and released

It knows no sockets. Everything is sequenced among the commands of clients, behind an ACT that says who asked and why
(`acts`); a request that the engine refuses changes nothing else and says why. `authority` says who may ask for what.
"""

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from contracts_spec.schema import Spec
from exchange.codes import (
    AccountFlag,
    CommandFlag,
    CommandKind,
    EventKind,
    KillParty,
    MarketState,
    Matching,
    RejectReason,
    Scope,
    StateReason,
)
from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.lead_makers import LeadMakersPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.event_rows import (
    GROUP,
    INSTRUMENT,
    KIND,
    MARKET_STATE,
    REASON,
    STATE_IN_FORCE,
    STATE_REASON,
    Row,
)
from exchange.errors import UserError
from exchange.gateway.auth import encode_bytes
from exchange.gateway.gateway import Gateway
from exchange.gateway.keys import KeyDefinition, key_payload
from exchange.operator.acts import Act, Acts, NeedsTwo
from exchange.operator.arguments import parse_day
from exchange.operator.authority import Authority, Proposal
from exchange.operator.gather import Gather, Reply
from exchange.operator.requests import (
    Answer,
    Confirm,
    DefineAccount,
    DefineKey,
    Kill,
    LeadMakers,
    Money,
    Nonce,
    Proposals,
    Request,
    Revoke,
    SetState,
    Settle,
    Status,
    Stop,
    decode_request,
    is_of_operators,
)
from exchange.operator.settlement import day_limits
from exchange.publish.phases import reason_text as state_reason
from exchange.seams import Clock
from exchange.venue.account_terms import check_deposit, new_account
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.venue import Venue
from exchange.wire.errors import CloseCode, reason_text
from exchange.wire.words import session_number

REVOKED_US = 1  # when a revoked key expired: before any time that a clock is set back to
# What names the party of a kill in its row.
_NAMED_BY = {Scope.ACCOUNT: "account", Scope.SESSION: "killed_session", Scope.FIRM: "killed_firm"}
_LIMITS = ("order_lots_max", "position_lots_max", "term_lots_max")


class OperatorDesk:
    """Serves one request after another; several may be on their way."""

    def __init__(
        self, venue: Venue, gateway: Gateway, spec: Spec, clock: Clock, on_stop: Callable[[], None] = lambda: None
    ) -> None:
        """`on_stop` ends the program that serves."""
        self._on_stop = on_stop
        self._venue, self._gateway, self._spec, self._clock = venue, gateway, spec, clock
        self._acts, self._authority = Acts(venue), Authority(gateway, clock)
        self._lookers: dict[type[Request], Callable[[Any, Reply], None]] = {
            Status: self._status,
            Nonce: self._nonce,
            Proposals: self._proposals,
        }
        self._takers: dict[type[Request], Callable[[Any, Reply], None]] = {
            SetState: self._set_state,
            Settle: self._settle,
            LeadMakers: self._lead_makers,
            DefineAccount: self._define_account,
            Money: self._move_money,
            Kill: self._kill,
            DefineKey: self._define_key,
            Revoke: self._revoke,
            Stop: self._stop,
        }

    def take(self, line: bytes, reply: Reply) -> None:
        """Serve one line; what is wrong with it is the answer."""
        try:
            request, act = self._authority.admit(decode_request(line), line)
            if type(request) in self._lookers:
                self._lookers[type(request)](request, reply)
                return
            self._authority.check_still()
            if isinstance(request, Confirm):
                request, act = self._authority.confirm(request, act)
                self._check_not_late(request)
            self._authority.check(act)
            self._act(request, act, reply)
        except (ValueError, UserError) as error:
            reply(Answer(False, why=str(error)))

    def _act(self, request: Request, act: Act, reply: Reply) -> None:
        """Carry it out; what needs two people and is signed by one becomes a proposal."""
        take = self._takers[type(request)]
        changing = self._authority.changing if self._is_of_operators(request) else nullcontext
        try:
            with self._acts.recorded(act), changing(reply) as told:
                take(request, told)
        except NeedsTwo as needed:
            if not act.signatures:
                raise
            with self._acts.tried(Act(act.line, act.signatures * 2)):
                take(request, lambda answer: None)
            proposal = self._authority.propose(self._completed(request), act, str(needed))
            reply(Answer(True, [_proposal_line(proposal), "another operator confirms it within 10 minutes"]))

    def _completed(self, request: Request) -> Request:
        """A proposal that says all that it left to the moment: what is confirmed is what was proposed (SEC-061)."""
        if isinstance(request, Settle):
            chips, day = self._to_settle(request), request.day or str(self._coming_day())
            request = msgspec.structs.replace(request, chips=chips, day=day)
        return request

    def _check_not_late(self, request: Request) -> None:
        """UserError for a settlement that is confirmed behind the close of the day it was proposed for."""
        coming = self._coming_day()
        if isinstance(request, Settle) and date.fromisoformat(request.day) < coming:
            raise UserError(f"proposed for {request.day}, the trading day that ends next is {coming}: propose it again")

    def _nonce(self, request: Nonce, reply: Reply) -> None:
        reply(Answer(True, [self._authority.nonce(), self._authority.history]))

    def _proposals(self, request: Proposals, reply: Reply) -> None:
        reply(Answer(True, [_proposal_line(proposal) for proposal in self._authority.proposals]))

    # -- the market ---------------------------------------------------------------------------------------------------

    def _status(self, request: Status, reply: Reply) -> None:
        def look() -> None:
            venue = self._venue
            groups = query.group_states(venue.states)
            told = [f"sequence {venue.sequence:,}, {len(self._gateway.connections)} connections"]
            for chip, group in sorted(venue.groups.items()):
                waits = ""
                if groups[group] == MarketState.CLOSED and not venue.settlement_status.published(group):
                    waits = f", {venue.settlement_status.missing(group)} books wait for their settlement"
                told.append(f"{chip} {groups[group].name}{waits}")
            for row in query.instruments(venue.states):
                if row.state != groups[row.group]:
                    told.append(f"{row.symbol} {row.state.name}")
            reply(Answer(True, told))

        self._venue.ask(look)

    def _set_state(self, request: SetState, reply: Reply) -> None:
        state = MarketState[request.to.upper()]
        group, index = self._target(request.target)
        if request.clamp and state != MarketState.OPEN:
            raise UserError("clamp belongs to the way to OPEN: it says how an auction beyond its collar ends")
        groups = query.group_states(self._venue.states)
        if index and (of_group := groups[self._venue.table.row(index).group]) != MarketState.OPEN:
            raise UserError(
                f"{request.target}: its group is {of_group.name}, one market alone changes while it is OPEN (STATE-001)"
            )
        if group and groups[group] == MarketState.CLOSED and state == MarketState.PREOPEN:
            missing = self._venue.settlement_status.missing(group)
            if not self._venue.settlement_status.published(group):
                raise UserError(
                    f"{request.target} stays CLOSED: {missing} books wait for their settlement (SESSION-003)"
                )
        fields = {
            "kind": CommandKind.SET_STATE,
            "market_state": state,
            "group": group,
            "instrument": index,
            "state_reason": StateReason.HALT_ADMIN if request.admin else StateReason.OPERATOR,
            "flags": CommandFlag.CLAMP if request.clamp else 0,
        }
        self._acts.submit(fields, lambda events: self._tell_states(request, events, self._when_durable(reply)))

    def _tell_states(self, request: SetState, events: list[Row], reply: Reply) -> None:
        told = [self._state_line(row) for row in events if row[KIND] == EventKind.STATE_CHANGED]
        refused = next((row for row in events if row[KIND] == EventKind.COMMAND_REFUSED), None)
        if refused is None:
            reply(Answer(True, told))
        elif refused[REASON] == RejectReason.STATE:
            present = MarketState(refused[STATE_IN_FORCE]).name
            why = f"{request.target} is {present}: it cannot become {request.to.upper()} from there (STATE-001)"
            reply(Answer(False, why=why))
        else:
            reply(Answer(False, why=reason_text(refused[REASON])))

    def _state_line(self, row: Row) -> str:
        names = {group: chip for chip, group in self._venue.groups.items()}
        listed = self._venue.table.rows[row[INSTRUMENT]]
        name = listed.symbol if listed is not None else names.get(row[GROUP], "")
        return f"{name} {MarketState(row[MARKET_STATE]).name} {state_reason(row[STATE_REASON])}".rstrip()

    def _target(self, name: str) -> tuple[int, int]:
        """(group, 0) of a chip or (0, book) of a symbol."""
        if name in self._venue.groups:
            return self._venue.groups[name], 0
        row = next((row for row in self._venue.table.rows if row is not None and row.symbol == name), None)
        if row is None:
            chips = ", ".join(sorted(self._venue.groups))
            raise UserError(f"{name!r} is neither a listed symbol nor one of the chips {chips}")
        return 0, row.index

    def _settle(self, request: Settle, reply: Reply) -> None:
        venue, coming = self._venue, self._coming_day()
        day = parse_day("day", request.day) or coming
        wanted = [venue.groups[chip] for chip in self._to_settle(request)]
        payloads = day_limits(
            venue.states, self._spec, day, request.prices, wanted, request.increments, self._acts.by_two
        )  # fmt: skip
        if day != coming and not self._acts.by_two:
            raise NeedsTwo(f"limits of {day}: the trading day that ends next is {coming}")
        names = {group: chip for chip, group in venue.groups.items()}
        gather = Gather(len(payloads), reply, self._acts)
        for group, payload in payloads.items():
            gather.submit(CommandKind.DAY_LIMITS, payload, f"{names[group]}: settled, limits for {day} set")

    def _to_settle(self, request: Settle) -> list[str]:
        """Chips of the groups that a request is about. UserError: one is not listed, or none waits."""
        venue, status = self._venue, self._venue.settlement_status
        unknown = [chip for chip in request.chips if chip not in venue.groups]
        if unknown:
            raise UserError(f"no chip {unknown[0]} is listed")
        states = query.group_states(venue.states)
        chips = request.chips or [
            chip
            for chip, group in venue.groups.items()
            if states[group] == MarketState.CLOSED and not status.published(group)
        ]
        if not chips:
            raise UserError("no group is CLOSED and waits for its settlement")
        return chips

    def _coming_day(self) -> date:
        """The trading day whose close comes next: the venue's own, of the calendar where it has no schedule."""
        calendar = DaySchedule(close_s=self._spec.calendar.close_hour_utc * 3_600)
        return (self._venue.timekeeper.schedule or calendar).closing_day(self._clock.now_ns())

    def _lead_makers(self, request: LeadMakers, reply: Reply) -> None:
        """Those of one book, or of all pro-rata books of a chip, in place of those before (PRO-003)."""
        group, index = self._target(request.target)
        books = [row for row in query.instruments(self._venue.states) if index in (0, row.index)]
        books = [row for row in books if group in (0, row.group) and row.matching == Matching.PRO_RATA]
        if not books:
            raise UserError(f"{request.target} is not pro-rata: only such books have lead market makers (PRO-003)")
        defined = set(query.accounts(self._venue.states))
        unknown = [account for account, _ in request.makers if account not in defined]
        if unknown:
            raise UserError(f"account {unknown[0]} is not defined")
        payload = LeadMakersPayload(request.makers, [index] if index else [], group)
        shares = ", ".join(f"account {account} {percent}%" for account, percent in request.makers)
        text = f"{request.target}: lead market makers {shares or 'none'}; {len(books)} books"
        Gather(1, reply, self._acts).submit(CommandKind.LEAD_MAKERS, encode_payload(payload), text)

    def _stop(self, request: Stop, reply: Reply) -> None:
        """Everybody is told, also who connects until then; a second request takes the place of the first."""
        self._gateway.announce_stop(request.in_s, request.why, self._on_stop)
        reply(Answer(True, [f"stops in {request.in_s} s; {len(self._gateway.connections)} connections told"]))

    # -- members ------------------------------------------------------------------------------------------------------

    def _define_account(self, request: DefineAccount, reply: Reply) -> None:
        terms = self._terms(request.account)
        for name in ("firm", *_LIMITS, "close_only"):
            given = getattr(request, name)
            if given is not None:
                setattr(terms, name, given)
        text = f"account {terms.account} of firm {terms.firm}: " + ", ".join(
            [*(f"{name} {getattr(terms, name)}" for name in _LIMITS), *(["close only"] if terms.close_only else [])]
        )
        Gather(1, reply, self._acts).submit(CommandKind.DEFINE_ACCOUNT, encode_payload(terms), text)

    def _terms(self, account: int) -> AccountPayload:
        """What holds for an account now; the defaults for one that is new."""
        accounts = self._venue.states["accounts"][0]
        if account >= len(accounts):
            raise UserError(f"account {account} not in 1..{len(accounts) - 1}")
        row = accounts[account]
        if not row["flags"] & AccountFlag.DEFINED:
            return new_account(self._spec, account)
        limits = {name: int(row[name]) for name in ("firm", "smp_id", *_LIMITS)}
        return AccountPayload(account, **limits, close_only=bool(row["flags"] & AccountFlag.CLOSE_ONLY))

    def _move_money(self, request: Money, reply: Reply) -> None:
        if request.mills == 0:
            raise UserError("mills 0 moves nothing")
        kind = CommandKind.DEPOSIT if request.mills > 0 else CommandKind.WITHDRAW
        fields = {"kind": kind, "account": request.account, "amount_mills": abs(request.mills)}
        Gather(1, reply, self._acts).submit_row(fields, f"{kind.name.lower()} of {abs(request.mills)} mills")

    def _kill(self, request: Kill, reply: Reply) -> None:
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
        text = f"{request.scope} {request.number} {'stopped' if request.on else 'let in again'}"
        Gather(1, reply, self._acts).submit_row(fields, text)

    # -- keys ---------------------------------------------------------------------------------------------------------

    def _define_key(self, request: DefineKey, reply: Reply) -> None:
        if request.key in self._gateway.keys.keys:
            raise UserError(f"key {request.key} exists already: choose another name")
        maker = self._authority.one_person(self._acts.signers) if self._is_of_operators(request) else ""
        payload = key_payload(
            KeyDefinition(request.key, request.public, [request.account], request.scopes, request.firm, made_by=maker)
        )
        terms = self._terms(request.account)
        known = query.firm_of(self._venue.states, request.account)
        defined = request.account in query.accounts(self._venue.states)
        if defined and request.firm not in (0, known):
            raise UserError(f"account {request.account} is of firm {known}, not {request.firm}")
        check_deposit(self._venue.states, request.mills)
        self._need_two_for(request, f"key {request.key} of a new operator")
        gather = Gather(1 + (not defined) + bool(request.mills), reply, self._acts)
        if not defined:
            terms.firm = request.firm
            text = f"account {request.account} defined"
            gather.submit(CommandKind.DEFINE_ACCOUNT, encode_payload(terms), text)
        text = f"key {request.key} for account {request.account}"
        gather.submit(CommandKind.DEFINE_KEY, payload, text, lambda: self._know_key(payload))
        if request.mills:
            fields = {"kind": CommandKind.DEPOSIT, "account": request.account, "amount_mills": request.mills}
            gather.submit_row(fields, f"deposit of {request.mills} mills")

    def _revoke(self, request: Revoke, reply: Reply) -> None:
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
            self._know_key(payload)
            self._close_connections(request.key)

        Gather(1, reply, self._acts).submit(CommandKind.DEFINE_KEY, payload, f"key {request.key} revoked", end)

    def _is_of_operators(self, request: Request) -> bool:
        keys = self._gateway.keys.keys.values()
        return is_of_operators(request, {key.key for key in keys if "admin" in key.scopes})

    def _need_two_for(self, request: DefineKey | Revoke, what: str) -> None:
        """Where there are two operators, neither makes or ends one alone: else one could be two."""
        if self._is_of_operators(request) and self._authority.has_two and not self._acts.by_two:
            raise NeedsTwo(what)

    def _know_key(self, payload: bytes) -> None:
        """Its control is durable, and the last one applied."""
        self._gateway.keys.define(self._venue.sequence, payload)

    def _close_connections(self, key: str) -> None:
        for connection in list(self._gateway.connections):
            if connection.key is not None and connection.key.key == key:
                connection.close(CloseCode.KEY_REVOKED, "key revoked")

    def _when_durable(self, reply: Reply) -> Reply:
        """A row's events may be made up while the disk still works: the answer waits for it."""
        return lambda answer: self._venue.ask_later(lambda: reply(answer))


def _proposal_line(proposal: Proposal) -> str:
    until = datetime.fromtimestamp(proposal.expires_us // 1_000_000, UTC).strftime("%H:%M:%S")
    (first,) = proposal.act.signatures
    asked = json.dumps(json.loads(proposal.act.line))  # nothing that a terminal would not show as it is
    request = proposal.request
    moment = f" of {', '.join(request.chips)} for {request.day}" if isinstance(request, Settle) else ""
    return f"{proposal.act.name} by {first.key} until {until}: {asked}{moment} ({proposal.why})"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 2**32 else 0
