"""What the fields of past trades and candles mean: (unit, text, words) by attribute, a part of `meanings`."""

_CANDLES = "us, tick, lot, tick x lot, count"
_ROW = "`[start, open, high, low, close, q, val, trades]`"
_INTERVALS = ("1m", "1h", "1d")

PAST_MEANINGS: dict[str, tuple[str, str] | tuple[str, str, tuple[str, ...]]] = {
    "interval": ("", "interval of candles: a minute, an hour, a trading day from close to close"),
    "Candles.interval": ("", "interval of the candles", _INTERVALS),
    "from_us": ("us", "first time of the range: of a trade, or of the start of a candle; 0: no bound"),
    "to_us": ("us", "last time of the range; 0: no bound"),
    "limit": ("count", "most rows of the page; 0: 500"),
    "trades": ("id, us, tick, lot", "the newest trades of the range, in order: `[tid, ts, px, q, aggressor, auction]`"),
    "candles": (_CANDLES, f"the newest candles of the range, in order: {_ROW}"),
    "Candles.rows": (_CANDLES, f"candles that are new or have changed: {_ROW}"),
    "next_page": ("id or us", "the row before: the next page ends with it, as `to` or `to_us`; absent: none"),
    "oldest_us": ("us", "from when on rows are kept; 0: since the first trade of the venue"),
    "Query.first_sequence": ("sequence", "first event of the range, of `fills`; first `tid`, of `trades`"),
    "Query.last_sequence": ("sequence", "last event of the range, of `fills`; last `tid`, of `trades`, 0: no bound"),
    "Query.instrument": ("id", "instrument of `trades` and `candles`"),
}
