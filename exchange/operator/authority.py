"""Decides who may ask: checks signatures, and keeps proposals that need two people (SEC-061, SEC-063, BAD-063).

An operator is a key with scope `admin`. A venue without operators obeys the owner of its data folder. An act that
needs two people is kept as a proposal until another operator confirms it or it expires. A restart drops proposals.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from exchange.errors import UserError
from exchange.gateway.auth import NONCE_BYTES, NONCE_LIFE_US, encode_bytes, verify
from exchange.gateway.gateway import Gateway
from exchange.gateway.keys import Key
from exchange.operator.acts import Act, NeedsTwo, Signature
from exchange.operator.pending_answer import Reply
from exchange.operator.requests import OF_TWO, Answer, Confirm, Request, Signed, decode_request, is_of_operators
from exchange.operator.signing import signed_text
from exchange.seams import Clock
from exchange.units import NS_PER_US

NONCES_MAX = 64
PROPOSALS_MAX = 64
PROPOSAL_LIFE_US = 600 * 1_000_000  # on the monotonic clock


class Proposal(msgspec.Struct, frozen=True):
    """An act that one operator has signed and another must confirm."""

    request: Request
    act: Act
    why: str  # why it needs two people
    until_ns: int  # when it expires, monotonic clock
    expires_us: int  # when it expires, wall clock, for people


class Authority:
    """Checks signatures; keeps nonces and proposals."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway, self._clock = gateway, clock
        self._nonces: dict[str, int] = {}  # nonce -> when it expires, ns of the monotonic clock
        self._proposals: dict[str, Proposal] = {}
        self._changing = False

    @property
    def history(self) -> str:
        return self._gateway.terms["history"]

    @property
    def operators(self) -> list[Key]:
        """Operators' keys that are valid now."""
        now_us = self._clock.wall_us()
        keys = self._gateway.keys.keys.values()
        return [key for key in keys if "admin" in key.scopes and not 0 < key.expires_us <= now_us]

    @property
    def has_two(self) -> bool:
        """Whether there are at least two operators."""
        return len(self.operators) > 1

    def concerns_operators(self, request: Request) -> bool:
        """Whether a request makes or ends the key of an operator."""
        keys = self._gateway.keys.keys.values()
        return is_of_operators(request, {key.key for key in keys if "admin" in key.scopes})

    def one_person(self, signers: list[str]) -> str:
        """The person behind these operators' keys; empty if there are no keys or several persons."""
        keys = self._gateway.keys.keys
        persons = {keys[signer].person for signer in signers}
        return persons.pop() if len(persons) == 1 else ""

    def nonce(self) -> str:
        """Make a nonce that can be used once within ten seconds. If there are too many, the oldest is dropped."""
        nonce = encode_bytes(self._gateway.rng.bytes(NONCE_BYTES))
        if len(self._nonces) == NONCES_MAX:
            del self._nonces[next(iter(self._nonces))]
        self._nonces[nonce] = self._clock.mono_ns() + NONCE_LIFE_US * NS_PER_US
        return nonce

    def verify_signature(self, request: Request, line: bytes) -> tuple[Request, Act]:
        """Check the signature of a request.

        line      the request as it was received
        returns   what is asked, without the envelope of a signed request, and the act with its signature
        raises    UserError: the signature is wrong, or a signed request has no reason
        """
        if not isinstance(request, Signed):
            return request, Act(line.decode("utf-8").strip())
        inner = decode_request(request.line.encode("utf-8"))
        key = self._signer(request)
        if isinstance(inner, Signed):
            raise UserError("a signed request is not signed again")
        if not inner.reason:
            raise UserError("a signed request needs a reason")
        return inner, Act(request.line, [Signature(key.key, request.public, request.nonce, request.signature)])

    def require_signature(self, act: Act) -> None:
        """Raise UserError for an act without a signature if the venue has operators."""
        if self.operators and not act.signatures:
            raise UserError("this venue has operator keys: an act must be signed by one (--sign, --reason)")

    @contextmanager
    def changing(self, reply: Reply) -> Iterator[Reply]:
        """Accept no other act until the change of an operator's key is durable and answered.

        So an audit of the journal sees the same operators as the desk has seen.

        reply     where the answer goes
        returns   the function to answer with instead, which ends this
        """

        def answered(answer: Answer) -> None:
            self._no_longer_changing()
            reply(answer)

        self._changing = True
        with ExitStack() as failing:
            failing.callback(self._no_longer_changing)
            yield answered
            failing.pop_all()

    def _no_longer_changing(self) -> None:
        self._changing = False

    def refuse_while_changing(self) -> None:
        """Raise UserError while an operator's key is `changing`."""
        if self._changing:
            raise UserError("an operator's key is not durable yet: try again")

    def _signer(self, request: Signed) -> Key:
        """The key that has signed a request. UserError: the same text for every fault (SEC-025)."""
        until_ns = self._nonces.pop(request.nonce, None)
        found = [key for key in self.operators if encode_bytes(key.public) == request.public]
        text = signed_text(self.history, request.nonce, request.public, request.line)
        right = verify(found[0].public if found else None, text, request.signature)
        if not right or until_ns is None or self._clock.mono_ns() > until_ns:
            raise UserError("BAD_AUTH: no operator's key, a wrong signature, or a nonce that was used or is old")
        return found[0]

    # -- acts of two people -------------------------------------------------------------------------------------------

    @property
    def proposals(self) -> list[Proposal]:
        """Proposals that can still be confirmed, oldest first."""
        now_ns = self._clock.mono_ns()
        self._proposals = {act_id: one for act_id, one in self._proposals.items() if one.until_ns > now_ns}
        return list(self._proposals.values())

    def propose(self, request: Request, act: Act, why: str) -> Proposal:
        """Keep an act that one operator has signed. `why`: why it needs two. UserError: too many proposals."""
        if len(self.proposals) >= PROPOSALS_MAX:
            raise UserError(f"{PROPOSALS_MAX} proposals wait already")
        until_ns = self._clock.mono_ns() + PROPOSAL_LIFE_US * NS_PER_US
        proposal = Proposal(request, act, why, until_ns, self._clock.wall_us() + PROPOSAL_LIFE_US)
        self._proposals[act.act_id] = proposal
        return proposal

    def confirm(self, request: Confirm, act: Act) -> tuple[Request, Act]:
        """Confirm a proposal; returns its request, and its act with both signatures. It can be confirmed once.

        act      the confirming operator's act
        raises   UserError: there is no such proposal, or this operator may not confirm it
        """
        proposal = next((one for one in self.proposals if one.act.act_id == request.proposal), None)
        if proposal is None:
            raise UserError(f"no proposal {request.proposal} waits: it was confirmed, or it has expired")
        if not act.signatures:
            raise NeedsTwo("a proposal is confirmed by the signature of another operator")
        (first,), (second,) = proposal.act.signatures, act.signatures
        if first.key == second.key:
            raise NeedsTwo(f"{first.key} has proposed it: another operator confirms it")
        if first.key not in {key.key for key in self.operators}:
            raise UserError(f"{first.key} is no operator any more")
        if isinstance(proposal.request, OF_TWO) and (one := self.one_person([first.key, second.key])):
            whose = f"{first.key} and {second.key} count as one person, {one} alone has made both"
            raise NeedsTwo(f"{whose}: a second is named by the folder's owner while the venue does not run")
        del self._proposals[request.proposal]
        confirmed = msgspec.structs.replace(second, line=act.line)
        return proposal.request, Act(proposal.act.line, [first, confirmed])
