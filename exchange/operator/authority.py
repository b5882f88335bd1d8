"""Who may ask: signed requests, and acts that need two people (SEC-061, SEC-063, BAD-063).

An operator is a key of scope `admin`. A venue that has none obeys the owner of its data folder. What needs two people
is kept as a proposal of the first; another operator confirms it before it expires. A restart drops proposals.
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
from exchange.operator.requests import Answer, Confirm, Request, Settle, Signed, decode_request, is_of_operators
from exchange.operator.signing import signed_text
from exchange.seams import Clock
from exchange.units import NS_PER_US

NONCES_MAX = 64
PROPOSALS_MAX = 64
PROPOSAL_LIFE_US = 600 * 1_000_000  # by the clock that is never set, as all waits


class Proposal(msgspec.Struct, frozen=True):
    """What one operator wants and another must confirm, by the act's name."""

    request: Request
    act: Act
    why: str
    until_ns: int
    expires_us: int  # the same, for people


class Authority:
    """Checks signatures; keeps nonces and proposals."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway, self._clock = gateway, clock
        self._nonces: dict[str, int] = {}  # until when each works, ns
        self._proposals: dict[str, Proposal] = {}
        self._changing = False

    @property
    def history(self) -> str:
        return self._gateway.terms["history"]

    @property
    def operators(self) -> list[Key]:
        """Keys that may sign now."""
        now_us = self._clock.wall_us()
        keys = self._gateway.keys.keys.values()
        return [key for key in keys if "admin" in key.scopes and not 0 < key.expires_us <= now_us]

    @property
    def has_two(self) -> bool:
        """Whether there is another operator to ask."""
        return len(self.operators) > 1

    def concerns_operators(self, request: Request) -> bool:
        """Whether a request makes or ends the key of an operator."""
        keys = self._gateway.keys.keys.values()
        return is_of_operators(request, {key.key for key in keys if "admin" in key.scopes})

    def one_person(self, signers: list[str]) -> str:
        """The one person behind these operators' keys; empty if there are none, or several persons."""
        keys = self._gateway.keys.keys
        persons = {keys[signer].person for signer in signers}
        return persons.pop() if len(persons) == 1 else ""

    def nonce(self) -> str:
        """A nonce that works once within ten seconds; the oldest makes way."""
        nonce = encode_bytes(self._gateway.rng.bytes(NONCE_BYTES))
        if len(self._nonces) == NONCES_MAX:
            del self._nonces[next(iter(self._nonces))]
        self._nonces[nonce] = self._clock.mono_ns() + NONCE_LIFE_US * NS_PER_US
        return nonce

    def admit(self, request: Request, line: bytes) -> tuple[Request, Act]:
        """What is asked, and who signed it. UserError: a signature does not hold, or the reason is missing."""
        if not isinstance(request, Signed):
            return request, Act(line.decode("utf-8").strip())
        inner = decode_request(request.line.encode("utf-8"))
        key = self._signer(request)
        if isinstance(inner, Signed):
            raise UserError("a signed request is not signed again")
        if not inner.reason:
            raise UserError("a signed act says why: reason is missing")
        return inner, Act(request.line, [Signature(key.key, request.public, request.nonce, request.signature)])

    def check(self, act: Act) -> None:
        """Refuse an act without a signature where there are operators."""
        if self.operators and not act.signatures:
            raise UserError("this venue has operator keys: an act must be signed by one (--sign, --reason)")

    @contextmanager
    def changing(self, reply: Reply) -> Iterator[Reply]:
        """While an operator's key is made or ended, until that is durable and answered, no other act is accepted: the
        desk and a reader of the journal agree on who is an operator."""

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

    def check_still(self) -> None:
        """Refuse an act while an operator's key is `changing`."""
        if self._changing:
            raise UserError("an operator's key is on its way to the disk: ask again")

    def _signer(self, request: Signed) -> Key:
        """One answer to all that is wrong (SEC-025)."""
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
        """Those that can still be confirmed, oldest first."""
        now_ns = self._clock.mono_ns()
        self._proposals = {name: one for name, one in self._proposals.items() if one.until_ns > now_ns}
        return list(self._proposals.values())

    def propose(self, request: Request, act: Act, why: str) -> Proposal:
        """Keep what one operator has signed until another confirms it."""
        if len(self.proposals) >= PROPOSALS_MAX:
            raise UserError(f"{PROPOSALS_MAX} proposals wait already")
        until_ns = self._clock.mono_ns() + PROPOSAL_LIFE_US * NS_PER_US
        proposal = Proposal(request, act, why, until_ns, self._clock.wall_us() + PROPOSAL_LIFE_US)
        self._proposals[act.name] = proposal
        return proposal

    def confirm(self, request: Confirm, act: Act) -> tuple[Request, Act]:
        """The act of a proposal, now signed by two. It can be confirmed once."""
        proposal = next((one for one in self.proposals if one.act.name == request.proposal), None)
        if proposal is None:
            raise UserError(f"no proposal {request.proposal} waits: it was confirmed, or it has expired")
        if not act.signatures:
            raise NeedsTwo("a proposal is confirmed by the signature of another operator")
        (first,), (second,) = proposal.act.signatures, act.signatures
        if first.key == second.key:
            raise NeedsTwo(f"{first.key} has proposed it: another operator confirms it")
        if first.key not in {key.key for key in self.operators}:
            raise UserError(f"{first.key} is no operator any more")
        if isinstance(proposal.request, Settle) and (one := self.one_person([first.key, second.key])):
            whose = f"{first.key} and {second.key} count as one person, {one} alone has made both"
            raise NeedsTwo(f"{whose}: a second is named by the folder's owner while the venue does not run")
        del self._proposals[request.proposal]
        confirmed = msgspec.structs.replace(second, line=act.line)
        return proposal.request, Act(proposal.act.line, [first, confirmed])
