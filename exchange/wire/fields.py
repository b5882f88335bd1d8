"""The table of wire names, the types of fields with their bounds, and the base classes of messages.

Names are short on the wire (keys) and long in code (attributes) (WIRE-013). Unknown keys are refused in client messages
and ignored in server messages (WIRE-011). An absent key means the default; `null` is never sent (WIRE-010).
"""

from typing import Annotated

from msgspec import Meta, Struct, UnsetType

# Attribute -> key. The key of an attribute that is not listed is its own name.
KEYS = {
    "request_id": "id",
    "reply_to": "re",
    "received_us": "in",
    "sent_us": "out",
    "engine_sequence": "e",
    "sequence": "s",
    "sequences": "s",
    "previous": "p",
    "channel": "c",
    "channels": "ch",
    "time_us": "ts",
    "account": "acc",
    "accounts": "acc",
    "account_sequences": "acc",
    "instrument": "i",
    "symbol": "sym",
    "price_tick": "px",
    "trigger_tick": "trg",
    "order_lots": "q",
    "lots": "q",
    "traded_lots": "lots",
    "leaves_lots": "lv",
    "filled_lots": "cum",
    "display_lots": "disp",
    "minimum_lots": "minq",
    "value_tick_lots": "val",
    "fee_mills": "fee",
    "amount_mills": "amt",
    "equity_mills": "eq",
    "initial_margin_mills": "im",
    "maintenance_margin_mills": "mm",
    "free_margin_mills": "free",
    "hold_mills": "hold",
    "unrealised_mills": "upl",
    "realised_mills": "rpl",
    "need_mills": "need",
    "required_mills": "req",
    "scan_mills": "scan",
    "intra_mills": "intra",
    "tier_mills": "tier",
    "addon_mills": "addon",
    "inter_mills": "inter",
    "commodity": "k",
    "only_closes": "closes",
    "order_id": "oid",
    "client_order_id": "coid",
    "trade_id": "tid",
    "state": "st",
    "session_id": "sid",
    "order_type": "typ",
    "post_only": "po",
    "smp_mode": "smp",
    "revision": "rev",
    "expires_us": "exp",
    "expiry_us": "till",
    "cancel_terms": "cod",
    "cancel_on_disconnect": "cod",
    "reject_if_elected": "rie",
    "until_us": "until",
    "due_us": "due",
    "at_us": "at",
    "message": "msg",
    "reason": "why",
    "event": "ev",
    "replay": "rp",
    "drop_sequence": "d",
    "priority": "prio",
    "duplicate": "dup",
    "limit_left": "rl",
    "results": "res",
    "operations": "ops",
    "quotes": "qs",
    "group": "grp",
    "group_state": "mmp_st",
    "protection_group": "mmp",
    "window_ms": "win_ms",
    "delta_lots": "delta",
    "gpu_hours": "gpuh",
    "count": "n",
    "positions": "pos",
    "liquidity": "liq",
    "liquidation": "lqd",
    "mark_tick": "mark",
    "currency": "ccy",
    "reference": "ref",
    "first_sequence": "from",
    "interval": "iv",
    "next_page": "next",
    "last_sequence": "to",
    "retry_ms": "reconnect_ms",
    "low_tick": "lo",
    "high_tick": "hi",
    "indicative": "iop",
    "name_of_channel": "n",
    "topic": "k",
    "cadence_ms": "ms",
    "levels": "lv",
    "snapshot": "snap",
    "conflated": "cf",
    "bids": "b",
    "asks": "a",
    "implied_bid": "ib",
    "implied_ask": "ia",
    "checksum": "crc",
    "rows": "x",
    "auction": "au",
    "bid_tick": "bp",
    "bid_lots": "bq",
    "bid_implied_lots": "bi",
    "ask_tick": "ap",
    "ask_lots": "aq",
    "ask_implied_lots": "ai",
    "settle_tick": "settle",
    "reference_tenths": "ref_tenths",
    "reference_provisional": "ref_prov",
    "margin_rates": "rates",
    "psr_mills": "psr",
    "first_day": "from",
    "family": "fam",
    "period_kind": "kind",
    "minimum_increment": "min_inc",
    "order_lots_min": "min_q",
    "order_lots_max": "max_q",
    "matching": "match",
    "band_ticks": "band",
    "limit_ticks": "limit",
    "last_trading_us": "ltd",
    "delivery_from_us": "deliv_from",
    "delivery_to_us": "deliv_to",
    "flagged": "flag",
    "susceptibility_ticks": "sus",
    "variation_mills": "vm",
    "fees_mills": "fees",
    "delivery_mills": "delivery",
    "moved_mills": "moved",
    "adjusted_mills": "adjusted",
    "opening_mills": "opening",
    "closing_mills": "closing",
    "close_us": "close",
    "noon_us": "noon",
    "settle_us": "settle",
    "changes": "next",
    "volume_lots": "vol",
    "open_interest_lots": "oi",
    "open_tick": "o",
    "day_high_tick": "h",
    "day_low_tick": "l",
    "last_tick": "last",
    "previous_settle_tick": "prev",
    "tokens_left": "left",
    "capacity": "cap",
    "bucket": "k",
    "scope_of_bucket": "per",
    "level": "lvl",
    "action": "act",
    "algorithm": "alg",
    "signature": "sig",
    "last_applied": "last",
    "connection": "conn",
    "durability": "dur",
    "heartbeat_ms": "hb_ms",
    "frame_bytes_max": "max_frame",
    "replies_kept": "dedup",
    "replay_hours": "replay_h",
    "channels_max": "max_channels",
    "wide_max": "max_wide",
    "outbound": "out",
    "version": "v",
}

INT53 = 2**53 - 1  # largest integer that is exact in a JavaScript number (WIRE-012)
INT64 = 2**63 - 1
# A row has prices and quantities as int32. The engine checks the instrument's narrower bounds.
PRICE_BOUND = 2**31 - 1
LOTS_BOUND = 2**31 - 1
BATCH_MAX = 20  # ENTRY-013
QUOTE_ROWS_MAX = 32
WHAT_IF_POSITIONS_MAX = 64  # MARGIN-018
PAST_ROWS_MAX = 2_000  # trades or candles in one reply (WIRE-003)
PROTECTION_FILLS_MAX = 256  # most fills that a protection group counts (MMP-001)
MESSAGES_MAX = 64  # WIRE-003

_ID_CHARACTERS = "[A-Za-z0-9_.:-]"

RequestId = Annotated[int, Meta(ge=1, le=INT53)]
Count = Annotated[int, Meta(ge=0, le=INT53)]
Integer = Annotated[int, Meta(ge=-INT53, le=INT53)]
Mills = Annotated[int, Meta(ge=-INT64, le=INT64)]  # sums of money may need more than 53 bits
TimeUs = Annotated[int, Meta(ge=0, le=INT53)]
Word = Annotated[int, Meta(ge=1, le=2**32 - 1)]  # number of an account, id of an instrument
Stream = Annotated[int, Meta(ge=0, le=2**32 - 1)]  # account of a stream; 0: a firm's drop copy (ACCT-010)
Price = Annotated[int, Meta(ge=-PRICE_BOUND, le=PRICE_BOUND)]
Lots = Annotated[int, Meta(ge=0, le=LOTS_BOUND)]
SignedLots = Annotated[int, Meta(ge=-LOTS_BOUND, le=LOTS_BOUND)]
# These patterns end with `\Z`, because `$` would also match before a line feed (SEC-052).
ClientOrderId = Annotated[str, Meta(pattern=rf"\A{_ID_CHARACTERS}{{1,24}}\Z")]
Tag = Annotated[str, Meta(pattern=rf"\A{_ID_CHARACTERS}{{1,8}}\Z")]
Name = Annotated[str, Meta(pattern=rf"\A{_ID_CHARACTERS}{{1,64}}\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=128)]
Milliseconds = Annotated[int, Meta(ge=0, le=3_600_000)]
OptionalPrice = Price | UnsetType
OptionalLots = Lots | UnsetType

Level = tuple[Price, Integer]
Pair = tuple[Count, Count]


class ClientMessage(
    Struct, tag_field="t", rename=KEYS, omit_defaults=True, forbid_unknown_fields=True, gc=False, kw_only=True
):
    """Base class of messages that a client sends. An unknown key is refused (WIRE-011)."""


class Request(ClientMessage, kw_only=True):
    """Base class of requests. Each gets exactly one reply (WIRE-014)."""

    request_id: RequestId


class ServerMessage(Struct, tag_field="t", rename=KEYS, omit_defaults=True, gc=False):
    """Base class of messages that the server sends. A client ignores unknown keys (WIRE-011)."""


class Part(Struct, rename=KEYS, omit_defaults=True, gc=False):
    """Base class of objects inside a server message; they have no `t`."""
