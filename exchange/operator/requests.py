"""What the operator of a running venue may ask: a JSON object a line over the operator's socket (SEC-060).

{"do":"state","target":"H100","to":"paused"}        ->  {"ok":true,"told":["H100 PAUSED operator"]}
{"do":"money","account":7,"mills":-5000}             ->  {"ok":false,"why":"withdraw of 5000 mills: free funds ..."}
"""

from collections.abc import Collection
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from exchange.wire.codec import json_has_duplicates

MILLS_MAX = 10**15  # paid in or out at a time
Account = Annotated[int, Meta(ge=1, le=2**32 - 1)]
OptionalLots = Annotated[int, Meta(ge=0, le=2**31 - 1)] | None
REASON_MAX = 200  # characters
StateName = Literal["closed", "preopen", "nocancel", "open", "reserved", "paused", "halt"]


class Ask(msgspec.Struct, tag_field="do", forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One request of the operator. `reason`: why; it is journalled with the act (SEC-063)."""

    reason: Annotated[str, Meta(max_length=REASON_MAX)] = ""


class ShowStatus(Ask, tag="status"):
    """Which state the groups and instruments of the venue are in."""


class Nonce(Ask, tag="nonce"):
    """Asks for what a signature covers: a nonce, which works once within ten seconds, and the venue's history."""


class Signed(Ask, tag="signed"):
    """Another request, signed by an operator (`signing.signed_text`).

    public   the operator's public key
    line     the request, as JSON; it gives its reason
    """

    public: str
    nonce: str
    signature: str
    line: str


class Proposals(Ask, tag="proposals"):
    """Asks what one operator has signed and another has yet to confirm (SEC-061)."""


class Confirm(Ask, tag="confirm"):
    """Confirm what another operator has proposed. `proposal`: its name, which follows from all that was signed."""

    proposal: str


class SetState(Ask, tag="state"):
    """Bring a chip's product group, or one instrument, into a state (STATE-001).

    target   chip or symbol
    admin    an administrative measure: `why` is HALT_ADMIN on the wire (SESSION-002)
    clamp    to open: auctions whose price lies beyond their collar uncross at its edge (AUC-014)
    """

    target: str
    to: StateName
    admin: bool = False
    clamp: bool = False


class Settle(Ask, tag="settle"):
    """Publish the settlement of closed groups, and with it the limits of the coming day (BAND-013).

    chips       whose groups; all that are closed and unsettled if left out
    prices      ticks by symbol; an outright left out keeps its last settlement
    increments  ticks by symbol that prices have to be multiples of from now on (SPEC-002); left out: as before
    day         the coming trading day, like 2026-11-24; the one whose close comes next if left out, else it takes two
    """

    chips: list[str] = []
    prices: dict[str, int] = {}
    increments: dict[str, int] = {}
    day: str = ""


class LeadMakers(Ask, tag="lead_makers"):
    """The lead market makers of a chip's pro-rata books, or of one book, in place of those before (PRO-003).

    target   chip or symbol
    makers   (account, percent of what TOP leaves); none: there are none from now on
    """

    target: str
    makers: list[tuple[Account, int]]


class DefineAccount(Ask, tag="account"):
    """Define an account, or change the limits that are given."""

    account: Account
    firm: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    order_lots_max: OptionalLots = None
    position_lots_max: OptionalLots = None
    term_lots_max: OptionalLots = None
    close_only: bool | None = None


class Money(Ask, tag="money"):
    """Pay in, or out where it is negative: free funds only (MARGIN-015)."""

    account: Account
    mills: Annotated[int, Meta(ge=-MILLS_MAX, le=MILLS_MAX)]


class KillSwitch(Ask, tag="kill"):
    """Stop an account, a session or a firm, or let it in again; only the venue's own stop is lifted (KILL-004)."""

    scope: Literal["account", "session", "firm"]
    number: str
    on: bool = True


class DefineKey(Ask, tag="key"):
    """A new public key for an account, which is defined if it is new."""

    key: str
    public: str
    account: Account
    scopes: list[str]
    firm: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    mills: Annotated[int, Meta(ge=0, le=MILLS_MAX)] = 0


class Revoke(Ask, tag="revoke"):
    """End a key: its connections close at once (SEC-001)."""

    key: str


class Stop(Ask, tag="stop"):
    """Stop the venue cleanly after a time, announced to its clients (protocol section 5.3)."""

    in_s: Annotated[int, Meta(ge=0, le=86_400)] = 60
    why: Annotated[str, Meta(min_length=1, max_length=64)] = "maintenance"


Inquiry = ShowStatus | Nonce | Proposals
Acting = SetState | Settle | LeadMakers | DefineAccount | Money | KillSwitch | DefineKey | Revoke | Stop
Request = Inquiry | Signed | Confirm | Acting


def is_of_operators(request: Request, operators: Collection[str]) -> bool:
    """Whether a request makes an operator's key, or ends one of these: that takes two people where there are two
    (SEC-061)."""
    if isinstance(request, Revoke):
        return request.key in operators
    return isinstance(request, DefineKey) and "admin" in request.scopes


class Answer(msgspec.Struct, omit_defaults=True):
    """`lines`: what happened; `why`: why nothing did."""

    ok: bool
    lines: list[str] = msgspec.field(default_factory=list, name="told")
    why: str = ""


def first_out_of_bounds(request: Request) -> tuple[str, str] | None:
    """(field, what was found and what is allowed) of the first number or text beyond its bounds; None: all fit."""
    info = msgspec.inspect.type_info(type(request))
    assert isinstance(info, msgspec.inspect.StructType)
    for field in info.fields:
        value = getattr(request, field.name)
        kinds = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
        for kind in kinds:
            if isinstance(kind, msgspec.inspect.IntType) and type(value) is int and kind.le is not None:
                if not (kind.ge or 0) <= value <= kind.le:
                    return field.name, f"{value} not in {kind.ge or 0}..{kind.le}"
            elif isinstance(kind, msgspec.inspect.StrType) and isinstance(value, str) and kind.max_length is not None:
                least = kind.min_length or 0
                if not least <= len(value) <= kind.max_length:
                    return field.name, f"of {len(value)} characters: {least}..{kind.max_length} are allowed"
    return None


_DECODER = msgspec.json.Decoder(Request)


def decode_request(line: bytes) -> Request:
    """ValueError names what is wrong."""
    try:
        request: Request = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error) or type(error).__name__) from None
    if json_has_duplicates(line):
        raise ValueError("a key stands twice: who reads it could take it for another request (SEC-051)")
    return request
