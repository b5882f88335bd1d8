"""Carries out the operator's requests on a running venue, as rows and controls in the journal (SEC-063).

    desk = OperatorDesk(server.venue, server.gateway, spec, clock, on_stop)
    desk.take(line, reply)              # reply(Answer) is called once the request is durable and released

Its commands are sequenced among those of clients, after an ACT that says who asked and why (`acts`). `authority`
decides who may ask; `market_requests` and `member_requests` carry requests out. The desk knows no sockets.
"""

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from contracts_spec.schema import Spec
from exchange.errors import UserError
from exchange.gateway.gateway import Gateway
from exchange.operator.acts import Act, Acts, NeedsTwo
from exchange.operator.authority import Authority, Proposal
from exchange.operator.house_requests import HouseRequests
from exchange.operator.market_requests import MarketRequests
from exchange.operator.member_requests import MemberRequests
from exchange.operator.pending_answer import Reply
from exchange.operator.position_requests import PositionRequests
from exchange.operator.requests import (
    AdjustCash,
    Answer,
    BustTrade,
    CommitteeValue,
    Confirm,
    DefineAccount,
    DefineKey,
    IndexPrints,
    IndexRental,
    KillSwitch,
    LeadMakers,
    Money,
    Nonce,
    Proposals,
    ReportBlock,
    Request,
    Revoke,
    SetState,
    Settle,
    ShowFlags,
    ShowIndex,
    ShowLedger,
    ShowMargin,
    ShowSettlements,
    ShowStatement,
    ShowStatus,
    Stop,
    TransferLots,
    decode_request,
)
from exchange.seams import Clock
from exchange.units import price_text
from exchange.venue.venue import Venue

Handler = Callable[[Any, Reply], None]


class OperatorDesk:
    """Takes one request after another; several may wait for their answer."""

    def __init__(
        self, venue: Venue, gateway: Gateway, spec: Spec, clock: Clock, on_stop: Callable[[], None] = lambda: None
    ) -> None:
        """`on_stop`: called when it is time to stop the program, after a `stop` request."""
        self._gateway, self._on_stop = gateway, on_stop
        acts = self._acts = Acts(venue)
        authority = self._authority = Authority(gateway, clock)
        market = self._market = MarketRequests(venue, gateway, spec, clock, acts)
        members = MemberRequests(venue, gateway, spec, acts, authority)
        house = HouseRequests(venue, spec, clock, acts)
        positions = self._positions = PositionRequests(venue, acts)
        self._inquiries: dict[type[Request], Handler] = {
            ShowStatus: market.show_status,
            ShowLedger: members.show_ledger,
            ShowStatement: members.show_statement,
            ShowMargin: members.show_margin,
            ShowSettlements: market.show_settlements,
            ShowFlags: house.show_flags,
            ShowIndex: house.show_index,
            Nonce: self._make_nonce,
            Proposals: self._show_proposals,
        }
        self._act_requests: dict[type[Request], Handler] = {
            SetState: market.set_state,
            Settle: market.settle,
            LeadMakers: market.set_lead_makers,
            DefineAccount: members.define_account,
            Money: members.move_money,
            KillSwitch: members.switch,
            DefineKey: members.define_key,
            Revoke: members.revoke_key,
            IndexPrints: house.give_prints,
            IndexRental: house.report_rental,
            CommitteeValue: house.give_committee_value,
            AdjustCash: house.adjust_cash,
            ReportBlock: house.report_block,
            BustTrade: positions.bust_trade,
            TransferLots: positions.transfer_lots,
            Stop: self._stop,
        }

    def take(self, line: bytes, reply: Reply) -> None:
        """Take one request, a line of JSON. `reply` gets its answer, now or later; a refusal is an answer too."""
        try:
            request, act = self._authority.verify_signature(decode_request(line), line)
            if type(request) in self._inquiries:
                self._inquiries[type(request)](request, reply)
                return
            self._authority.refuse_while_changing()
            if isinstance(request, Confirm):
                request, act = self._authority.confirm(request, act)
                self._check_not_late(request)
            self._authority.require_signature(act)
            self._act(request, act, reply)
        except (ValueError, UserError) as error:
            reply(Answer(False, why=str(error)))

    def _act(self, request: Request, act: Act, reply: Reply) -> None:
        """Carry out a request. If it needs two people and one has signed it, it becomes a proposal."""
        handle = self._act_requests[type(request)]
        changing = self._authority.changing if self._authority.concerns_operators(request) else nullcontext
        try:
            with self._acts.recorded(act), changing(reply) as answered:
                handle(request, answered)
        except NeedsTwo as needed:
            if not act.signatures:
                raise
            with self._acts.dry_run(Act(act.line, act.signatures * 2)):
                handle(request, lambda answer: None)
            proposal = self._authority.propose(self._completed(request), act, str(needed))
            reply(Answer(True, [_proposal_line(proposal), "another operator confirms it within 10 minutes"]))

    def _completed(self, request: Request) -> Request:
        """The request with its defaults filled in, so that a later confirmation means the same (SEC-061)."""
        if isinstance(request, Settle):
            chips, day = self._market.chips_to_settle(request), request.day or str(self._market.coming_day())
            request = msgspec.structs.replace(request, chips=chips, day=day)
        if isinstance(request, TransferLots):
            request = msgspec.structs.replace(request, price=self._positions.transfer_tick(request))
        return request

    def _check_not_late(self, request: Request) -> None:
        """Raise UserError for a settlement that is confirmed after the close of the day it was proposed for."""
        coming = self._market.coming_day()
        if isinstance(request, Settle) and date.fromisoformat(request.day) < coming:
            raise UserError(f"proposed for {request.day}, the trading day that ends next is {coming}: propose it again")

    def _make_nonce(self, request: Nonce, reply: Reply) -> None:
        reply(Answer(True, [self._authority.nonce(), self._authority.history]))

    def _show_proposals(self, request: Proposals, reply: Reply) -> None:
        reply(Answer(True, [_proposal_line(proposal) for proposal in self._authority.proposals]))

    def _stop(self, request: Stop, reply: Reply) -> None:
        """Announce the stop on every connection, also on later ones. Another stop request replaces this one."""
        self._gateway.announce_stop(request.in_s, request.why, self._on_stop)
        reply(Answer(True, [f"stops in {request.in_s} s; {len(self._gateway.connections)} connections notified"]))


def _proposal_line(proposal: Proposal) -> str:
    until = datetime.fromtimestamp(proposal.expires_us // 1_000_000, UTC).strftime("%H:%M:%S")
    (first,) = proposal.act.signatures
    asked = json.dumps(json.loads(proposal.act.line))  # ASCII, so that it cannot control the terminal
    request = proposal.request
    default = f" of {', '.join(request.chips)} for {request.day}" if isinstance(request, Settle) else ""
    if isinstance(request, TransferLots) and request.price is not None:
        default = f" at {price_text(request.price)}"
    return f"{proposal.act.act_id} by {first.key} until {until}: {asked}{default} ({proposal.why})"
