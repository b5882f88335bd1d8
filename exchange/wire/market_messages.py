"""Messages of the market data channels.

Event channels (instruments, status, trades) are numbered from the journal and replayable. State channels (top, depth)
begin with a snapshot, and a snapshot repairs a gap.
"""

from exchange.wire.fields import Count, Integer, Level, Part, Price, ServerMessage, TimeUs

TradeRow = tuple[Count, Price, Count, str]  # trade_id, price_tick, lots, aggressor: b, s or n


class ChannelMessage(ServerMessage):
    """Every channel message begins with these four fields; a snapshot has no `previous`."""

    channel: Count
    sequence: Count
    engine_sequence: Count
    time_us: TimeUs


class Depth(ChannelMessage, tag="depth"):
    """Lots at each changed price, 0 if the level is gone (MDATA-010); `checksum` is that of MDATA-016."""

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
    """The whole top each time; an empty side has no keys. `*_implied_lots` are included in the lots."""

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
    """Trades of one `e`; `auction` marks an uncross."""

    rows: list[TradeRow]
    previous: Count | None = None
    auction: bool = False
    reply_to: Count = 0
    replay: bool = False


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


class InstrumentDefinition(Part):
    """Everything a client needs to know of an instrument.

    `legs` of a combination: instrument and lots of each leg in one lot bought, negative if the leg is sold. A
    combination has no `period_kind` of its own; it delivers from the first day of its legs to the last.
    """

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
