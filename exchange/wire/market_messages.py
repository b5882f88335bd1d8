"""Messages of the market data channels.

Messages of event channels (instruments, status, trades, settlement, index) have numbers that follow from the journal,
and can be replayed. State channels (top, depth, orders, stats, candles) begin with a snapshot; after a gap a client
asks for a new one.
"""

from exchange.wire.fields import Count, Integer, Level, Mills, Pair, Part, Price, ServerMessage, TimeUs

TradeRow = tuple[Count, Price, Count, str]  # trade_id, price_tick, lots, aggressor: b, s or n
# As they are asked for: trade_id, time_us, price_tick, lots, aggressor, and whether it was a trade of an uncross.
PastTradeRow = tuple[Count, TimeUs, Price, Count, str, bool]
# start_us; open, high, low and close tick; lots, value_tick_lots, number of trades
CandleRow = tuple[TimeUs, Price, Price, Price, Price, Count, Mills, Count]


class ChannelMessage(ServerMessage):
    """The fields that begin every channel message. A snapshot has no `previous`.

    channel           channel number
    sequence          number of the message in the channel
    engine_sequence   `e`: sequence of the command that caused it
    time_us           venue time of that command
    """

    channel: Count
    sequence: Count
    engine_sequence: Count
    time_us: TimeUs


class Depth(ChannelMessage, tag="depth"):
    """Changed price levels with their lots, 0 if the level is gone (MDATA-010). The checksum is that of MDATA-016."""

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
    """Best bid and ask. Each message has both sides; an empty side has no keys. Lots include implied ones."""

    previous: Count | None = None
    snapshot: bool = False
    bid_tick: Price | None = None
    bid_lots: Count | None = None
    bid_implied_lots: Count = 0
    ask_tick: Price | None = None
    ask_lots: Count | None = None
    ask_implied_lots: Count = 0
    conflated: bool = False


class AddedOrder(Part, tag="a", array_like=True):
    """An order that joins the tail of its level."""

    order_id: Count
    side: str
    price_tick: Price
    lots: Count


class ReducedOrder(Part, tag="r", array_like=True):
    """An order that shows fewer lots than before, these, and keeps its place."""

    order_id: Count
    side: str
    price_tick: Price
    lots: Count


class DeletedOrder(Part, tag="d", array_like=True):
    """An order that leaves its level."""

    order_id: Count


class Orders(ChannelMessage, tag="orders"):
    """Displayed orders of a book (MDATA-011). A snapshot lists each level from its head, bids first, in pages."""

    rows: list[AddedOrder | ReducedOrder | DeletedOrder]
    previous: Count | None = None
    snapshot: bool = False
    more: bool = False


class Trades(ChannelMessage, tag="trades"):
    """The trades of one command. `auction`: they are trades of an uncross."""

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


class Settlement(ChannelMessage, tag="settlement"):
    """The settlement price of an outright (SETTLE-012). A snapshot has the last one of each instrument, in pages.

    inputs   SHA-256 of what the prices of its product group, or its final price, are computed from (SETTLE-011)
    """

    instrument: Count
    price_tick: Price
    kind: str
    method: str
    day: str = ""
    previous: Count | None = None
    snapshot: bool = False
    volume_lots: Count | None = None
    open_interest_lots: Count | None = None
    previous_settle_tick: Price | None = None
    flagged: bool = False
    inputs: str = ""
    more: bool = False
    reply_to: Count = 0
    replay: bool = False


class DailyIndex(ChannelMessage, tag="index"):
    """The value of an index for a day (INDEX-002). A snapshot has the last day of each index of the chip, in pages.

    kind                   how the value was found; empty: the day waits for a committee, so it has no price
    susceptibility_ticks   the most that a certified delivered price would differ without any one seller (INDEX-004)
    """

    topic: str
    floor_bp: Count
    day: str
    state: str
    kind: str = ""
    price_tick: Price | None = None
    susceptibility_ticks: Count | None = None
    previous: Count | None = None
    snapshot: bool = False
    more: bool = False
    reply_to: Count = 0
    replay: bool = False


class Stats(ChannelMessage, tag="stats"):
    """The trading day of an instrument so far. Each message has all of it; before the first trade there is no price."""

    instrument: Count
    volume_lots: Count
    value_tick_lots: Mills
    open_interest_lots: Count
    previous_settle_tick: Price
    open_tick: Price | None = None
    day_high_tick: Price | None = None
    day_low_tick: Price | None = None
    last_tick: Price | None = None
    previous: Count | None = None
    snapshot: bool = False
    conflated: bool = False


class InstrumentStats(Part):
    """The day of one instrument in `stats_all`, with the keys of `stats`."""

    instrument: Count
    volume_lots: Count
    value_tick_lots: Mills
    open_interest_lots: Count
    previous_settle_tick: Price
    open_tick: Price | None = None
    day_high_tick: Price | None = None
    day_low_tick: Price | None = None
    last_tick: Price | None = None


class StatsOfAll(ChannelMessage, tag="stats_all"):
    """The days of the instruments of a chip, or of all; after the snapshot those that have changed (MDATA-023)."""

    rows: list[InstrumentStats]
    previous: Count | None = None
    snapshot: bool = False
    more: bool = False


class Channels(ChannelMessage, tag="channels"):
    """Which channels a row of `sub` for a chip, or for all, has brought and ended (MDATA-023). `channel`: of that row.

    rows    (channel number, instrument) of those that follow
    ended   channel numbers of instruments that are no longer listed
    """

    name_of_channel: str
    rows: list[Pair]
    ended: list[Count] = []
    previous: Count | None = None
    snapshot: bool = False
    more: bool = False


class Candles(ChannelMessage, tag="candles"):
    """Candles of an instrument that are new or have changed; a snapshot has the last one. `interval`: 1m, 1h or 1d."""

    instrument: Count
    interval: str
    rows: list[CandleRow]
    previous: Count | None = None
    snapshot: bool = False
    conflated: bool = False


class MarginRates(Part):
    """What margin of an outright is computed with (MARGIN-001). Contracts of one commodity offset each other.

    addon_from   first trading day of the delivery add-on, of a physical month; longer ones have it in that month
    """

    commodity: str
    psr_mills: Count
    intra_mills: Count
    tier_mills: Count
    addon_bp: Count
    addon_from: str = ""


class InstrumentDefinition(Part):
    """Everything a client needs to know of an instrument.

    `legs` of a combination: instrument of each leg, and its lots when one lot is bought, negative if the leg is sold. A
    combination has no `period_kind` and no `margin_rates`: its legs have them. Its delivery is from the first delivery
    day of its legs to the last.
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
    ioc_only: bool = False
    life: str = ""
    legs: list[tuple[Count, Integer]] | None = None
    reference_tenths: Count = 0
    reference_provisional: bool = False
    margin_rates: MarginRates | None = None
    auction_fee: Integer = 0


class Instruments(ChannelMessage, tag="instruments"):
    """Definitions of instruments: all of them in a snapshot, later the changed ones."""

    rows: list[InstrumentDefinition]
    previous: Count | None = None
    snapshot: bool = False
    more: bool = False
    reply_to: Count = 0
    replay: bool = False
