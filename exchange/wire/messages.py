"""All messages of the protocol `gpux.v1`, and their union for each direction (WIRE-041). Import messages from here."""

from exchange.wire.account_messages import (
    AccountMessage,
    Call,
    CancelOnDisconnectFired,
    Cascade,
    Cash,
    Exec,
    Fill,
    KillEvent,
    Margin,
    Position,
    ProtectionEvent,
)
from exchange.wire.fields import BATCH_MAX, KEYS, MESSAGES_MAX, QUOTE_ROWS_MAX, Request, ServerMessage
from exchange.wire.market_messages import (
    AddedOrder,
    CandleRow,
    Candles,
    ChannelMessage,
    Channels,
    DailyIndex,
    DeletedOrder,
    Depth,
    InstrumentDefinition,
    Instruments,
    InstrumentStats,
    MarginRates,
    Orders,
    PastTradeRow,
    ReducedOrder,
    Settlement,
    Stats,
    StatsOfAll,
    Status,
    Top,
    Trades,
)
from exchange.wire.requests import (
    BY_INSTRUMENT,
    EVERY_CHIP,
    OFFERED_CHANNELS,
    Auth,
    Batch,
    BatchCancel,
    BatchNew,
    BatchReplace,
    Cancel,
    CancelAll,
    CancelOnDisconnect,
    CancelTerms,
    ChannelSpec,
    Kill,
    LimitsQuery,
    Logout,
    New,
    Ping,
    ProtectionReset,
    ProtectionSet,
    Query,
    Quote,
    Replace,
    Replay,
    Resync,
    Subscribe,
    Timer,
    Unkill,
    Unsubscribe,
    WhatIfOrder,
)
from exchange.wire.responses import (
    AccountSnapshot,
    BatchResult,
    DayView,
    Err,
    FullCancelTerms,
    Heartbeat,
    Hello,
    Lag,
    LimitTerms,
    LimitUse,
    Live,
    MarginPart,
    MarginTotal,
    MarginView,
    Ok,
    OrderView,
    OutboundTerms,
    PositionView,
    ReplayEnd,
    Shutdown,
    StatementView,
    VenueMargin,
    Welcome,
    WhatIfResult,
    full_terms,
)

ClientMessages = (
    Auth
    | Ping
    | CancelOnDisconnect
    | Timer
    | LimitsQuery
    | Logout
    | New
    | Replace
    | Cancel
    | CancelAll
    | Batch
    | Query
    | Quote
    | ProtectionSet
    | ProtectionReset
    | Kill
    | Unkill
    | Subscribe
    | Unsubscribe
    | Resync
    | Replay
)

ServerMessages = (
    Hello
    | Welcome
    | AccountSnapshot
    | Live
    | Heartbeat
    | Ok
    | Err
    | Shutdown
    | ReplayEnd
    | Lag
    | Exec
    | Fill
    | Position
    | Margin
    | Cash
    | Cascade
    | Call
    | ProtectionEvent
    | CancelOnDisconnectFired
    | KillEvent
    | Depth
    | Top
    | Orders
    | Trades
    | Status
    | Instruments
    | Settlement
    | DailyIndex
    | Stats
    | StatsOfAll
    | Channels
    | Candles
)
