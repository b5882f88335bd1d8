"""Messages of the market data channels.

Event channels (instruments, status, trades, settlement, index, certificates) are numbered from the journal and
replayable; state channels (top, depth, orders, stats) begin and heal with a snapshot.
"""

from exchange.wire.fields import Count, Integer, Level, Mills, Part, Price, ServerMessage, TimeUs

TradeRow = tuple[Count, Price, Count, str]  # trade_id, price_tick, lots, aggressor: b, s or n
OrderRow = list[str | int]  # ["a", oid, side, px, q], ["r", oid, side, px, q], ["d", oid]
StockRow = tuple[Count, str, Count, Count]  # floor_bp, region, registered_lots, tendered_lots
StockChange = tuple[str, Count, str, str, Count]  # certificate, floor_bp, region, state, lots


class ChannelMessage(ServerMessage):
    """Every channel message begins with these four; `previous` is absent (None) on a snapshot."""

    channel: Count
    sequence: Count
    engine_sequence: Count
    time_us: TimeUs


class Depth(ChannelMessage, tag="depth"):
    """Absolute lots per price, 0 removes the level (MDATA-010); `checksum` is that of MDATA-016."""

    bids: list[Level]
    asks: list[Level]
    previous: Count | None = None
    snapshot: bool = False
    implied_bid: Level | None = None
    implied_ask: Level | None = None
    conflated: bool = False
    checksum: Count | None = None
    more: bool = False


class Top(ChannelMessage, tag="top"):
    """The whole top each time: a side that is empty has no keys. `*_implied_lots` are part of the lots."""

    previous: Count | None = None
    snapshot: bool = False
    bid_tick: Price | None = None
    bid_lots: Count | None = None
    bid_implied_lots: Count = 0
    ask_tick: Price | None = None
    ask_lots: Count | None = None
    ask_implied_lots: Count = 0
    conflated: bool = False


class Trades(ChannelMessage, tag="trades"):
    """Prints of one `e`; `auction` marks an uncross."""

    rows: list[TradeRow]
    previous: Count | None = None
    auction: bool = False
    reply_to: Count = 0
    replay: bool = False


class Orders(ChannelMessage, tag="orders"):
    """Every displayed order, in queue order of its level."""

    rows: list[OrderRow]
    previous: Count | None = None
    snapshot: bool = False
    more: bool = False


class Status(ChannelMessage, tag="status"):
    """Phase of a book, its daily limits, and the indicative opening `(price_tick, lots, imbalance)`."""

    instrument: Count
    phase: str
    previous: Count | None = None
    snapshot: bool = False
    reason: str = ""
    low_tick: Price | None = None
    high_tick: Price | None = None
    indicative: tuple[Price, Count, Integer] | None = None
    until_us: TimeUs | None = None
    reply_to: Count = 0
    replay: bool = False


class Stats(ChannelMessage, tag="stats"):
    """The day so far."""

    instrument: Count
    previous: Count | None = None
    snapshot: bool = False
    open_tick: Price | None = None
    high_traded_tick: Price | None = None
    low_traded_tick: Price | None = None
    last_tick: Price | None = None
    volume_lots: Count = 0
    value_tick_lots: Mills = 0
    open_interest_lots: Count = 0
    conflated: bool = False


class Settlement(ChannelMessage, tag="settlement"):
    instrument: Count
    day: str
    kind: str
    price_tick: Price
    method: str
    previous: Count | None = None
    snapshot: bool = False
    volume_lots: Count = 0
    open_interest_lots: Count = 0
    inputs: str = ""
    reply_to: Count = 0
    replay: bool = False


class Index(ChannelMessage, tag="index"):
    topic: str
    kind: str
    day: str
    price_tick: Price
    previous: Count | None = None
    snapshot: bool = False
    count: Count = 0
    reply_to: Count = 0
    replay: bool = False


class Certificates(ChannelMessage, tag="certificates"):
    topic: str
    previous: Count | None = None
    snapshot: bool = False
    stock: list[StockRow] | None = None
    rows: list[StockChange] | None = None
    reply_to: Count = 0
    replay: bool = False


class InstrumentDefinition(Part):
    """All that a client must know of an instrument. `legs` of a combination: instrument and lots of each in one lot
    bought, below 0 sold; it has no `period_kind` of its own, and delivers from its legs' first day to their last."""

    instrument: Count
    symbol: str
    revision: Count
    family: str
    chip: str
    floor_bp: Count
    period_kind: str
    first_day: str
    hours: Count
    tick_mills: Count
    minimum_increment: Count
    order_lots_min: Count
    order_lots_max: Count
    unit_lots: Count
    currency: str
    matching: str
    band_ticks: Count
    limit_ticks: tuple[Price, Price]
    settle_tick: Price
    last_trading_us: TimeUs
    delivery_from_us: TimeUs
    delivery_to_us: TimeUs
    maker_fee: Integer
    taker_fee: Integer
    phase: str
    combo: str = ""
    legs: list[tuple[Count, Integer]] | None = None


class Instruments(ChannelMessage, tag="instruments"):
    rows: list[InstrumentDefinition]
    previous: Count | None = None
    snapshot: bool = False
    more: bool = False
    reply_to: Count = 0
    replay: bool = False
