"""The requests that an operator may send to a running venue: one JSON object in each line (SEC-060).

{"do":"state","target":"H100","to":"paused"}        ->  {"ok":true,"lines":["H100 PAUSED operator"]}
{"do":"money","account":7,"mills":-5000}             ->  {"ok":false,"why":"withdraw of 5000 mills: free funds ..."}
"""

from collections.abc import Collection
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from exchange.wire.codec import json_has_duplicates
from exchange.wire.fields import BATCH_MAX, WHAT_IF_POSITIONS_MAX
from exchange.wire.requests import SideText

MILLS_MAX = 10**15  # of one deposit or withdrawal
Account = Annotated[int, Meta(ge=1, le=2**32 - 1)]
OptionalLots = Annotated[int, Meta(ge=0, le=2**31 - 1)] | None
REASON_MAX = 200  # characters
StateName = Literal["closed", "preopen", "nocancel", "open", "reserved", "paused", "halt"]


class OperatorRequest(msgspec.Struct, tag_field="do", forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The base of all requests. `reason`: why the operator asks; it is journalled with the act (SEC-063)."""

    reason: Annotated[str, Meta(max_length=REASON_MAX)] = ""


class ShowStatus(OperatorRequest, tag="status"):
    """Ask for the states of the venue's product groups and instruments."""


class ShowLedger(OperatorRequest, tag="ledger"):
    """Ask for the balances of the house's accounts, and the sum of customers' cash (INV-018)."""


class ShowStatement(OperatorRequest, tag="statement"):
    """Ask for what moved the cash of an account in the trading day settled last, and since (SETTLE-013)."""

    account: Account


class ShowMargin(OperatorRequest, tag="margin"):
    """Ask for the margin of an account, and for what it would be with hypothetical orders and lots (MARGIN-018).

    orders      (symbol, side, price in ticks, lots)
    positions   (symbol, signed lots)
    """

    account: Account
    orders: Annotated[list[tuple[str, SideText, int, int]], Meta(max_length=BATCH_MAX)] = []
    positions: Annotated[list[tuple[str, int]], Meta(max_length=WHAT_IF_POSITIONS_MAX)] = []


class ShowSettlements(OperatorRequest, tag="settlements"):
    """Ask at which prices the venue would settle now, and by which method. `chips`: left out, all."""

    chips: list[str] = []


class ShowFlags(OperatorRequest, tag="flags"):
    """Ask for the accounts above a spot limit or an accountability level (LIMIT-002)."""


class ShowIndex(OperatorRequest, tag="index_values"):
    """Ask for the last values of each index, and how they were found (INDEX-003)."""


class Nonce(OperatorRequest, tag="nonce"):
    """Ask for what a signature must cover: a nonce, valid once within ten seconds, and the name of the history."""


class Signed(OperatorRequest, tag="signed"):
    """A request signed by an operator (`signing.signed_text`).

    public   the operator's public key
    line     the request as JSON, with its reason
    """

    public: str
    nonce: str
    signature: str
    line: str


class Proposals(OperatorRequest, tag="proposals"):
    """Ask for the proposals that another operator may confirm (SEC-061)."""


class Confirm(OperatorRequest, tag="confirm"):
    """Confirm a proposal of another operator. `proposal`: its id, `Act.act_id`."""

    proposal: str


class SetState(OperatorRequest, tag="state"):
    """Bring a chip's product group, or one instrument, into a market state (STATE-001).

    target   chip or symbol
    admin    an administrative measure: the reason on the wire is HALT_ADMIN (SESSION-002)
    clamp    only for `open`: an auction whose price is outside its collar uncrosses at the edge (AUC-014)
    """

    target: str
    to: StateName
    admin: bool = False
    clamp: bool = False


class Settle(OperatorRequest, tag="settle"):
    """Publish the settlement of closed product groups, and so the limits of the coming day (BAND-013).

    chips       chips of the groups; left out: all that are closed and wait for their settlement
    prices      settlement by symbol, ticks; the venue finds that of an outright that is left out
    increments  new price increment by symbol, ticks (SPEC-002); left out: unchanged
    day         trading day of the limits, like 2026-11-24; left out: the one that closes next; another takes two people
    """

    chips: list[str] = []
    prices: dict[str, int] = {}
    increments: dict[str, int] = {}
    day: str = ""


class LeadMakers(OperatorRequest, tag="lead_makers"):
    """Replace the lead market makers of a chip's pro-rata books, or of one book (PRO-003).

    target   chip or symbol
    makers   (account, percent of the lots that TOP leaves); empty: no lead market makers from now on
    """

    target: str
    makers: list[tuple[Account, int]]


class DefineAccount(OperatorRequest, tag="account"):
    """Define an account, or change the terms that are given; None leaves a term as it is."""

    account: Account
    firm: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    order_lots_max: OptionalLots = None
    position_lots_max: OptionalLots = None
    term_lots_max: OptionalLots = None
    close_only: bool | None = None


class Money(OperatorRequest, tag="money"):
    """Deposit mills; negative: withdraw them, from free margin only (MARGIN-015)."""

    account: Account
    mills: Annotated[int, Meta(ge=-MILLS_MAX, le=MILLS_MAX)]


class KillSwitch(OperatorRequest, tag="kill"):
    """Kill an account, a session or a firm, or (`on` false) lift the venue's own kill (KILL-004)."""

    scope: Literal["account", "session", "firm"]
    number: str
    on: bool = True


class DefineKey(OperatorRequest, tag="key"):
    """Define a public key for an account. A new account is defined too. `mills`: deposit."""

    key: str
    public: str
    account: Account
    scopes: list[str]
    firm: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    mills: Annotated[int, Meta(ge=0, le=MILLS_MAX)] = 0


class Revoke(OperatorRequest, tag="revoke"):
    """Revoke a key; its connections are closed at once (SEC-001)."""

    key: str


class IndexPrints(OperatorRequest, tag="index"):
    """Give prints of external indices (INDEX-002). `prints`: (index like H100.G90, day, ticks; 0: take it away)."""

    prints: list[tuple[str, str, int]]


class IndexRental(OperatorRequest, tag="rental"):
    """Report an executed rental of certified hours (INDEX-001).

    index    like H100.G90
    seller   number of the seller's account
    """

    index: str
    day: str
    seller: Account
    price: int
    hours: Annotated[int, Meta(ge=1, le=10**9)]


class CommitteeValue(OperatorRequest, tag="committee"):
    """Give a committee's value, ticks, for an index day that has none (INDEX-003). It takes two people."""

    index: str
    day: str
    price: int


class AdjustCash(OperatorRequest, tag="adjust"):
    """Correct a published settlement by cash (SETTLE-011). It takes two people.

    symbol   of the outright
    day      trading day of the settlement, like 2026-11-24
    amounts  (account, mills that it receives, below 0: pays)
    """

    symbol: str
    day: str
    amounts: list[tuple[Account, Annotated[int, Meta(ge=-MILLS_MAX, le=MILLS_MAX)]]]


class ReportBlock(OperatorRequest, tag="block"):
    """Report a block trade of an outright (LIMIT-006). `made`: time of the UTC day, like 14:45; left out: now."""

    symbol: str
    lots: Annotated[int, Meta(ge=1, le=10**6)]
    price: int
    buyer: Account
    seller: Account
    made: str = ""


class BustTrade(OperatorRequest, tag="bust"):
    """Take a trade back, with all trades of its implied group. It takes two people (SEC-061). `trade`: its number."""

    trade: Annotated[int, Meta(ge=1, le=2**53)]


class TransferLots(OperatorRequest, tag="transfer"):
    """Move lots from one account to another. It takes two people.

    lots   of a long position; below 0: of a short one
    price  ticks; left out: the price that positions are valued at now
    """

    symbol: str
    lots: Annotated[int, Meta(ge=-(10**6), le=10**6)]
    giver: Account
    taker: Account
    price: int | None = None


class Stop(OperatorRequest, tag="stop"):
    """Stop the venue after `in_s` seconds, announced to its clients with `why` (protocol section 5.3)."""

    in_s: Annotated[int, Meta(ge=0, le=86_400)] = 60
    why: Annotated[str, Meta(min_length=1, max_length=64)] = "maintenance"


Inquiry = (
    ShowStatus | ShowLedger | ShowStatement | ShowMargin | ShowSettlements | ShowFlags | ShowIndex | Nonce | Proposals
)
HouseAct = IndexPrints | IndexRental | CommitteeValue | AdjustCash | ReportBlock | BustTrade | TransferLots
ActRequest = SetState | Settle | LeadMakers | DefineAccount | Money | KillSwitch | DefineKey | Revoke | Stop | HouseAct
# May need two people who have not made each other's key.
OF_TWO = (Settle, CommitteeValue, AdjustCash, BustTrade, TransferLots)
Request = Inquiry | Signed | Confirm | ActRequest


def is_of_operators(request: Request, operators: Collection[str]) -> bool:
    """Whether a request makes an operator's key or ends one of `operators`, which two people must ask for (SEC-061)."""
    if isinstance(request, Revoke):
        return request.key in operators
    return isinstance(request, DefineKey) and "admin" in request.scopes


class Answer(msgspec.Struct, omit_defaults=True):
    """The answer to a request. `lines`: what was done, or what was asked; `why`: why it was refused."""

    ok: bool
    lines: list[str] = msgspec.field(default_factory=list)
    why: str = ""


def first_out_of_bounds(request: Request) -> tuple[str, str] | None:
    """(field, text with the value and its bounds) of the first field out of its bounds; None: all are within."""
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
    """The request in a line of JSON. ValueError: it is not one; the text says why."""
    try:
        request: Request = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error) or type(error).__name__) from None
    if json_has_duplicates(line):
        raise ValueError("a key appears twice: who reads it could take it for another request (SEC-051)")
    return request
