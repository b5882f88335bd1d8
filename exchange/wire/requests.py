"""Messages that a client sends. `fields.KEYS` has the name of each attribute on the wire.

Build them by keyword: `New(request_id=1, account=7, instrument=34734166, side="b", order_lots=5, ...)`.
An absent price or quantity is `UNSET`, never `None`; any other absent number is 0, and an absent text is "".
Account 0 means the account of the key; with several accounts, a query means the first of them.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from exchange.wire.fields import (
    BATCH_MAX,
    INT53,
    KEYS,
    LOTS_BOUND,
    PAST_ROWS_MAX,
    PROTECTION_FILLS_MAX,
    QUOTE_ROWS_MAX,
    WHAT_IF_POSITIONS_MAX,
    ClientOrderId,
    Count,
    Lots,
    Milliseconds,
    Name,
    OptionalLots,
    OptionalPrice,
    Price,
    Request,
    RequestId,
    SignedLots,
    Stream,
    Tag,
    Text,
    TimeUs,
    Word,
)

SideText = Literal["b", "s"]
TypeText = Literal["limit", "market", "mtl", "stop", "stop_limit"]
TifText = Literal["day", "gtc", "gtd", "ioc", "fok"]
ChannelName = Literal[
    "instruments",
    "status",
    "trades",
    "settlement",
    "index",
    "certificates",
    "top",
    "depth",
    "orders",
    "stats",
    "candles",
]
# The channels that this venue has. The protocol's other channels are refused by name (MDATA-004).
OFFERED_CHANNELS: tuple[ChannelName, ...] = (
    "instruments", "status", "trades", "settlement", "index", "top", "depth", "orders", "stats", "candles",
)  # fmt: skip
# Channels of one instrument each: a row of `sub` may name a chip instead, or all (MDATA-023).
BY_INSTRUMENT: tuple[ChannelName, ...] = ("status", "trades", "top", "depth", "orders", "stats")
EVERY_CHIP = "ALL"
PAST_QUERIES = ("trades", "candles")  # of public data: /v1/md answers them without a logon (SESS-004)
IntervalText = Literal["1m", "1h", "1d"]
GpuHours = Annotated[int, Meta(ge=1, le=INT53)]
LotsThreshold = Annotated[int, Meta(ge=1, le=LOTS_BOUND)]


class _ClientPart(Struct, rename=KEYS, omit_defaults=True, forbid_unknown_fields=True, gc=False, kw_only=True):
    """Base class of objects inside a client message; they have no `t`."""


class CancelTerms(_ClientPart, omit_defaults=False, kw_only=True):
    """`cod` of `auth`: which orders are cancelled when the connection ends (SESS-020). All keys are always sent."""

    mode: Literal["session", "account", "off"] = "session"
    orders: Literal["all", "day"] = "all"
    on: Literal["drop", "logout", "both"] = "drop"
    grace_ms: Annotated[int, Meta(ge=0, le=60_000)] = 3_000


class Auth(Request, tag="auth", kw_only=True):
    """A logon (SESS-001). With `session_id` and `last_applied` it resumes a session (RECOV-010).

    margin   send `margin` without `sequence` too: what orders and marks have changed (MARGIN-017)
    """

    key: Name
    algorithm: Literal["ed25519", "hmac-sha256"] = "ed25519"
    signature: Text
    session_id: Name | Literal[""] = ""
    take: bool = False
    last_applied: Annotated[list[tuple[Stream, Count]], Meta(max_length=64)] = []
    cancel_terms: CancelTerms | UnsetType = UNSET
    margin: bool = False
    agent: Text | Literal[""] = ""


class Ping(Request, tag="ping", kw_only=True):
    """Ask for an `ok`; a ping is a sign of life (SESS-011)."""


class CancelOnDisconnect(Request, tag="cod", kw_only=True):
    """Change the session's terms of cancel on disconnect (SESS-020)."""

    mode: Literal["session", "account", "off"] = "session"
    orders: Literal["all", "day"] = "all"
    on: Literal["drop", "logout", "both"] = "drop"
    grace_ms: Annotated[int, Meta(ge=0, le=60_000)] = 3_000


class Timer(Request, tag="timer", kw_only=True):
    """Arm the dead-man timer of an account; `ms` 0 disarms it (SESS-022)."""

    account: Word = 0
    ms: Milliseconds


class LimitsQuery(Request, tag="limits", kw_only=True):
    """Ask for the tokens left in each bucket, and when the dead-man timer of the account fires (SESS-022)."""

    account: Word = 0


class Logout(Request, tag="logout", kw_only=True):
    """Log out and close the connection; `cancel`: cancel the orders of the session too."""

    cancel: bool = False


class New(Request, tag="new", kw_only=True):
    """Enter an order."""

    account: Word = 0
    instrument: Word
    side: SideText
    order_type: TypeText = "limit"
    trigger_tick: OptionalPrice = UNSET
    price_tick: OptionalPrice = UNSET
    order_lots: Lots
    tif: TifText = "day"
    expiry_us: TimeUs = 0
    post_only: Literal["", "reject", "slide"] = ""
    display_lots: OptionalLots = UNSET
    minimum_lots: OptionalLots = UNSET
    client_order_id: ClientOrderId
    smp_mode: Literal["cr", "ca", "cb", "dc"] = "cr"
    cancel_on_disconnect: bool = True
    reject_if_elected: bool = False
    tag: Tag = ""
    revision: Count = 0
    expires_us: TimeUs = 0


class Replace(Request, tag="replace", kw_only=True):
    """Change an order. `order_lots` is the new total, filled lots included (ENTRY-010)."""

    account: Word = 0
    order_id: Count = 0
    client_order_id: ClientOrderId = ""
    price_tick: OptionalPrice = UNSET
    order_lots: OptionalLots = UNSET
    trigger_tick: OptionalPrice = UNSET
    display_lots: OptionalLots = UNSET
    tif: TifText | Literal[""] = ""
    expiry_us: TimeUs = 0
    tag: Tag = ""
    expires_us: TimeUs = 0


class Cancel(Request, tag="cancel", kw_only=True):
    """Cancel an order, named by `order_id` or `client_order_id`."""

    account: Word = 0
    order_id: Count = 0
    client_order_id: ClientOrderId = ""
    expires_us: TimeUs = 0


class BatchNew(New, tag="new", kw_only=True):
    """A `new` in a batch; it has no `id`."""

    request_id: Literal[0] = 0


class BatchReplace(Replace, tag="replace", kw_only=True):
    """A `replace` in a batch; it has no `id`."""

    request_id: Literal[0] = 0


class BatchCancel(Cancel, tag="cancel", kw_only=True):
    """A `cancel` in a batch; it has no `id`."""

    request_id: Literal[0] = 0


class CancelAll(Request, tag="cancel_all", kw_only=True):
    """Cancel the orders that match all filters (ENTRY-012)."""

    account: Word = 0
    instrument: Word = 0
    chip: Name = ""
    side: Literal["", "b", "s"] = ""
    tag: Tag = ""
    protection_group: Word = 0
    expires_us: TimeUs = 0


class Batch(Request, tag="batch", kw_only=True):
    """Several operations in one request; `atomic`: all run or none (ENTRY-013)."""

    atomic: bool = False
    operations: Annotated[list[BatchNew | BatchReplace | BatchCancel], Meta(min_length=1, max_length=BATCH_MAX)]
    expires_us: TimeUs = 0


class WhatIfOrder(_ClientPart, kw_only=True):
    """A limit order that nobody has sent, in a `query` of `margin`."""

    instrument: Word
    side: SideText
    price_tick: Price
    order_lots: Lots


class Query(Request, tag="query", kw_only=True):
    """Ask for the state of an order or an account, for past trades or candles, or for the venue's time.

    orders, positions   of `margin`: what the margin would be with these orders, and with these lots on top (MARGIN-018)
    instrument to limit   of `trades` and `candles`: a page of the newest rows of a range (HIST-001, HIST-002)
    """

    what: Literal["order", "open", "fills", "positions", "margin", "statement", "time", "trades", "candles"]
    account: Word = 0
    order_id: Count = 0
    client_order_id: ClientOrderId = ""
    first_sequence: Count = 0
    last_sequence: Count = 0
    orders: Annotated[list[WhatIfOrder], Meta(max_length=BATCH_MAX)] = []
    positions: Annotated[list[tuple[Word, SignedLots]], Meta(max_length=WHAT_IF_POSITIONS_MAX)] = []
    instrument: Word = 0
    interval: IntervalText = "1m"
    from_us: TimeUs = 0
    to_us: TimeUs = 0
    limit: Annotated[int, Meta(ge=0, le=PAST_ROWS_MAX)] = 0


class Quote(Request, tag="quote", kw_only=True):
    """Replace the quotes of several instruments: a mass quote."""

    account: Word = 0
    protection_group: Word = 0
    quotes: Annotated[list[tuple[Word, Price, Lots, Price, Lots]], Meta(min_length=1, max_length=QUOTE_ROWS_MAX)]
    expires_us: TimeUs = 0


class ProtectionSet(Request, tag="mmp_set", kw_only=True):
    """Define a market-maker protection group by its thresholds; an absent threshold does not apply."""

    account: Word = 0
    group: Word
    chip: Name = ""
    window_ms: Annotated[int, Meta(ge=1, le=3_600_000)]
    traded_lots: LotsThreshold = 0
    fills: Annotated[int, Meta(ge=1, le=PROTECTION_FILLS_MAX)] = 0
    delta_lots: LotsThreshold = 0
    gpu_hours: GpuHours = 0


class ProtectionReset(Request, tag="mmp_reset", kw_only=True):
    """Arm a tripped market-maker protection group again (MMP-001)."""

    account: Word = 0
    group: Word


class Kill(Request, tag="kill", kw_only=True):
    """Stop trading of a session, an account, or the firm of the key."""

    scope: Literal["session", "account", "firm"]
    account: Word = 0
    session_id: Name = ""


class Unkill(Request, tag="unkill", kw_only=True):
    """Allow trading again after a `kill` of the same scope."""

    scope: Literal["session", "account", "firm"]
    account: Word = 0
    session_id: Name = ""


class ChannelSpec(_ClientPart, kw_only=True):
    """One row of `sub`. `levels` is of `depth`, `cadence_ms` of `depth` and `top`, `interval` of `candles` (MDATA-002).

    topic   of `index`: its chip. Of a channel by instrument, without `instrument`: a chip, or ALL (MDATA-023)
    """

    name_of_channel: ChannelName
    instrument: Word = 0
    topic: Name = ""
    cadence_ms: Literal[0, 10, 100, 1000] = 10
    levels: Literal[0, 1, 10, 50] = 10
    interval: IntervalText = "1m"


class Subscribe(Request, tag="sub", kw_only=True):
    """Subscribe to channels; each row is answered by itself."""

    channels: Annotated[list[ChannelSpec], Meta(min_length=1, max_length=500)]


class Unsubscribe(Request, tag="unsub", kw_only=True):
    """Unsubscribe from channels, by their numbers."""

    channel: Annotated[list[RequestId], Meta(min_length=1, max_length=500)]


class Resync(Request, tag="resync", kw_only=True):
    """Ask for a new snapshot of a channel."""

    channel: RequestId


class Replay(Request, tag="replay", kw_only=True):
    """Ask for a closed range of an account's stream, of an event channel or, at `/v1/dc`, of the drop copy
    (RECOV-014)."""

    account: Stream = 0
    channel: Count = 0
    first_sequence: Count
    last_sequence: Count
