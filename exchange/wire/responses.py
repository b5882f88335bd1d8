"""Session messages and replies that the server sends.

`Ok` and `Err` answer requests. The gateway sets `received_us`, `sent_us` and `limit_left` just before it encodes them.
An absent number in them is `None`, because 0 has a meaning (`lv` 0: the order has no working lots).
"""

from exchange.wire.account_messages import Fill
from exchange.wire.fields import Count, Integer, Mills, Pair, Part, Price, ServerMessage, TimeUs
from exchange.wire.market_messages import CandleRow, PastTradeRow
from exchange.wire.requests import CancelTerms


class LimitTerms(Part):
    """A limit in `hello.limits`: `rate` tokens a second, at most `burst`, one bucket for each `per` (RATE-001)."""

    bucket: str
    rate: Count
    burst: Count
    scope_of_bucket: str


class LimitUse(Part):
    """The tokens left in a bucket, in the reply to `limits`."""

    bucket: str
    tokens_left: Integer
    capacity: Count
    rate: Count


class OutboundTerms(Part):
    """The limits above which a slow connection is conflated (soft) or closed (hard) (RATE-006, RATE-007)."""

    soft_kb: Count
    soft_ms: Count
    hard_kb: Count
    hard_ms: Count
    private_kb: Count


class DayView(Part):
    """The trading day that ends next. A venue that never closes has only `never_close`.

    changes   (time, phase) of the next changes, if each day is settled when the venue settles by itself
    """

    day: str = ""
    close_us: TimeUs | None = None
    noon_us: TimeUs | None = None
    settle_us: TimeUs | None = None
    changes: list[tuple[TimeUs, str]] = []
    never_close: bool = False


class VenueMargin(Part):
    """What full margin is computed with besides the rates in definitions (MARGIN-007, MARGIN-012).

    credits   (commodity, other, ratio, other's ratio, credit in bp) in the order in which they are taken
    """

    maintenance_bp: Count
    credits: list[tuple[str, str, Count, Count, Count]]


class Hello(ServerMessage, tag="hello"):
    """The first message of every connection; it states every limit that can apply to a client."""

    version: str
    venue: str
    history: str
    feed: str
    connection: Count
    nonce: str
    time_us: TimeUs
    durability: str
    heartbeat_ms: Count
    dead_ms: Count
    inflight: Count
    frame_bytes_max: Count
    replies_kept: Count
    replay_hours: Count
    channels_max: Count
    outbound: OutboundTerms
    limits: list[LimitTerms]
    notes: list[str]
    channels: list[str] = []  # names of the channels that a client can subscribe to
    day: DayView | None = None
    wide_max: Count = 0  # 0: a venue of before protocol 1.11 has no such rows
    margin: VenueMargin | None = None


class FullCancelTerms(Part, omit_defaults=False):
    """`cod` as the server sends it back, with every key (SESS-020)."""

    mode: str = "session"
    orders: str = "all"
    on: str = "drop"
    grace_ms: Count = 3_000


def full_terms(terms: CancelTerms) -> FullCancelTerms:
    """The terms that apply now, with every key, for `welcome` and the reply to `cod`."""
    return FullCancelTerms(terms.mode, terms.orders, terms.on, terms.grace_ms)


class Welcome(ServerMessage, tag="welcome"):
    """The reply to `auth`. `sequences`: (account, last number of its stream) of each account of the key."""

    reply_to: Count
    session_id: str
    accounts: list[Count]
    scopes: list[str]
    resumed: bool
    sequences: list[Pair]
    last_id: Count
    cancel_terms: FullCancelTerms
    until_us: TimeUs
    received_us: TimeUs | None = None
    sent_us: TimeUs | None = None


class Heartbeat(ServerMessage, tag="hb"):
    """The last sequences of streams, so that a client notices a gap.

    account_sequences   (account, last number of its stream) of each account of the session
    channels            (channel, last sequence) of each channel that has published since the last heartbeat
    """

    time_us: TimeUs
    account_sequences: list[Pair]
    channels: list[Pair]


class Shutdown(ServerMessage, tag="shutdown"):
    """The venue stops, or this connection is closed, at `at_us`; reconnect after a random time in `retry_ms`."""

    at_us: TimeUs
    reason: str
    retry_ms: tuple[Count, Count]


class Live(ServerMessage, tag="live"):
    """The snapshot or the missed events of an account are complete; new ones follow."""

    account: Count
    sequence: Count


class ReplayEnd(ServerMessage, tag="rp_end"):
    """A replay is complete; `last_sequence` is the last number that was sent."""

    reply_to: Count
    last_sequence: Count


class Lag(ServerMessage, tag="lag"):
    """The connection has become too slow for state channels (`level` 1), or has caught up (`level` 0) (RATE-006)."""

    level: Count
    bytes: Count
    ms: Count
    action: str


class OrderView(Part):
    """An order in `account` and in replies to `query`. `val / cum` is its exact average price."""

    instrument: Count
    order_id: Count
    client_order_id: str
    state: str
    side: str
    order_type: str
    tif: str
    price_tick: Price
    order_lots: Count
    leaves_lots: Count
    filled_lots: Count
    value_tick_lots: Mills
    tag: str = ""


class PositionView(Part):
    """A position in `account` and in replies to `query`, with the figures of `pos`."""

    instrument: Count
    lots: Integer
    value_tick_lots: Mills
    mark_tick: Price
    unrealised_mills: Mills
    realised_mills: Mills | None = None


class MarginPart(Part):
    """What the positions of one commodity require by themselves (MARGIN-001)."""

    commodity: str
    scan_mills: Mills
    intra_mills: Mills
    tier_mills: Mills
    addon_mills: Mills


class MarginTotal(Part):
    """What all positions together require: the sum of all parts, less the credit between commodities (MARGIN-001)."""

    scan_mills: Mills
    intra_mills: Mills
    tier_mills: Mills
    addon_mills: Mills
    inter_mills: Mills
    required_mills: Mills
    maintenance_margin_mills: Mills


class WhatIfResult(Part):
    """What the risk check answers to a hypothetical order; without `code` it passes (MARGIN-018)."""

    need_mills: Mills
    free_margin_mills: Mills
    only_closes: bool = False
    code: Count | None = None
    name: str = ""
    message: str = ""


class MarginView(Part):
    """Equity and margins in `account` and in replies to `query`, with the figures of `margin`.

    A reply to `query` also has what the positions alone require, and a result for each hypothetical order. All figures
    then count hypothetical lots, and those orders that pass.
    """

    currency: str
    equity_mills: Mills
    initial_margin_mills: Mills
    maintenance_margin_mills: Mills
    free_margin_mills: Mills
    hold_mills: Mills = 0
    required_mills: Mills = 0
    parts: list[MarginPart] = []
    total: MarginTotal | None = None
    results: list[WhatIfResult] = []


class StatementView(Part):
    """What moved the cash of an account in a trading day, negative: paid. `day` is empty for the day that runs now:
    then `closing_mills` is the cash of now. `partial`: the venue has not kept all events of the day.
    """

    day: str
    variation_mills: Mills
    fees_mills: Mills
    delivery_mills: Mills
    moved_mills: Mills
    adjusted_mills: Mills
    opening_mills: Mills
    closing_mills: Mills
    initial_margin_mills: Mills
    partial: bool = False


class AccountSnapshot(ServerMessage, tag="account"):
    """A page of the state of one account after message `sequence` of its stream (SESS-006).

    more       another page follows
    until_us   when its dead-man timer fires, if it is armed (SESS-022)
    """

    account: Count
    sequence: Count
    engine_sequence: Count
    time_us: TimeUs
    orders: list[OrderView]
    positions: list[PositionView]
    margin: MarginView
    more: bool = False
    until_us: TimeUs | None = None


class BatchResult(Part):
    """The result of one operation of a batch. It has the fields of `ok` or of `err`."""

    order_id: Count | None = None
    client_order_id: str = ""
    state: str = ""
    leaves_lots: Count | None = None
    filled_lots: Count | None = None
    priority: str = ""
    code: Count | None = None
    name: str = ""
    message: str = ""
    applied: str = ""
    reason: str = ""
    engine_sequence: Count | None = None
    duplicate: bool = False
    price_tick: Price | None = None
    order_lots: Count | None = None
    low_tick: Price | None = None
    high_tick: Price | None = None
    need_mills: Mills | None = None
    free_margin_mills: Mills | None = None
    phase: str = ""
    order: OrderView | None = None


class Ok(ServerMessage, tag="ok"):
    """The request has taken effect or is answered. The first seven fields belong to the reply to an order request."""

    reply_to: Count
    order_id: Count | None = None
    client_order_id: str = ""
    state: str = ""
    leaves_lots: Count | None = None
    filled_lots: Count | None = None
    engine_sequence: Count | None = None
    received_us: TimeUs | None = None
    sent_us: TimeUs | None = None
    limit_left: tuple[str, Integer] | None = None
    duplicate: bool = False
    priority: str = ""
    price_tick: Price | None = None
    order_lots: Count | None = None
    reason: str = ""
    count: Count | None = None
    time_us: TimeUs | None = None
    until_us: TimeUs | None = None
    cancel_terms: FullCancelTerms | None = None
    limits: list[LimitUse] | None = None
    results: list[BatchResult] | None = None
    order: OrderView | None = None
    orders: list[OrderView] | None = None
    fills: list[Fill] | None = None
    positions: list[PositionView] | None = None
    margin: MarginView | None = None
    group: Count | None = None
    group_state: str = ""
    quotes: list[tuple[Count, Count, Count, Count, Count, Count]] | None = None
    channels: list[Pair] | None = None
    first_sequence: Count | None = None
    last_sequence: Count | None = None
    more: bool = False  # open orders: there are more, with an `oid` above the last one
    message: str = ""  # text for people: why a row of a subscription was refused
    statement: StatementView | None = None
    today: StatementView | None = None
    trades: list[PastTradeRow] | None = None
    candles: list[CandleRow] | None = None
    next_page: Count | None = None
    oldest_us: TimeUs | None = None


class Err(ServerMessage, tag="err"):
    """The request was refused. `applied`: whether it has taken effect nevertheless: no, yes, unknown (WIRE-020)."""

    reply_to: Count
    code: Count
    name: str
    message: str
    applied: str
    order_id: Count | None = None
    client_order_id: str = ""
    state: str = ""
    filled_lots: Count | None = None
    engine_sequence: Count | None = None
    received_us: TimeUs | None = None
    sent_us: TimeUs | None = None
    limit_left: tuple[str, Integer] | None = None
    retry_us: Count | None = None
    duplicate: bool = False
    leaves_lots: Count | None = None
    low_tick: Price | None = None
    high_tick: Price | None = None
    need_mills: Mills | None = None
    free_margin_mills: Mills | None = None
    phase: str = ""
    order: OrderView | None = None
    index: Count | None = None
    oldest: Count | None = None
    time_us: TimeUs | None = None
    newest: Count | None = None
    snapshot: bool = False
