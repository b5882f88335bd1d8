"""EVENT rows as plain tuples, which every publisher reads.

rows = read_rows(events)                     # once for all publishers
row[TRADE_TICK]                              # a field of one row, by the constants below; use the alias of the kind
for sequence, group in by_command(rows): ... # all rows of one command
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

import numpy as np

from exchange.codes import EventFlag, EventKind
from exchange.records import EVENT_ALIASES, EVENT_FIELDS, EVENT_STRUCT, unpack_client_order_id

Row = tuple[int, ...]

(
    SEQUENCE,
    TIME_NS,
    KIND,
    REASON,
    SIDE,
    LIQUIDITY,
    STATE,
    FLAGS,
    ORDER_TYPE,
    TIF,
    ACCOUNT,
    SESSION,
    INSTRUMENT,
    PRICE,
    ORDER_ID,
    REFERENCE,
    CLIENT_ORDER_ID_0,
    CLIENT_ORDER_ID_1,
    CLIENT_ORDER_ID_2,
    LOTS,
    LEAVES_LOTS,
    FILLED_LOTS,
    ORDER_LOTS,
    LEVEL_LOTS,
    HIDDEN_LOTS,
    VALUE_TICK_LOTS,
    ACCOUNT_SEQUENCE,
    AMOUNT_MILLS,
) = range(len(EVENT_FIELDS))
# Aliases, by the field that they name.
CANCEL_REASON = CASH_REASON = STATE_REASON = KILL_PARTY = THRESHOLD = SETTLE_METHOD = INDEX_HOW = REASON
BOOK_STATE = SCOPE = ASK_STATE = SETTLE_FLAGGED = LIQUIDITY
BID_STATE = MARKET_STATE = STATE_IN_FORCE = PROTECTION_STATE = LIFE = STANDING = STATE
ASKED_STATE = ASKED_SCOPE = ORDER_TYPE
KILLED_SESSION = SESSION
PROTECTION_NUMBER = BID_ID = UNPAID_GAIN_MILLS = SELLER = ENDED_ID = ORDER_ID
ASK_ID = INPUTS_0 = REQUIRED_MILLS = CLIENT_ORDER_ID_0
INPUTS_1, INPUTS_2 = CLIENT_ORDER_ID_1, CLIENT_ORDER_ID_2
TRADE_ID = GROUP = CONNECTION_END = MARGIN_HELD_MILLS = REFERENCE
BID_TICK = TRADE_TICK = UNCROSS_TICK = IMPLIED_TICK = MARK_TICK = SETTLEMENT_TICK = INDEX_TICK = PRICE
LEVEL_TICK = OLD_TICK = HIGHEST_TICK = SUSCEPTIBILITY_TICKS = HIDDEN_LOTS
LOWEST_TICK = LEVEL_LOTS
SHOWN_LOTS = WINDOW_LOTS = WORKING_LOTS = VOLUME_LOTS = IMPLIED_LOTS = POSITION_LOTS = ORDER_COUNT = QUOTE_COUNT = (
    ENTRY_PLACE
) = FLOOR_BP = LOTS
IMBALANCE_LOTS = OPEN_INTEREST_LOTS = LEAVES_LOTS
TRADING_DAY = ORDER_LOTS
FEE_MILLS = EQUITY_MILLS = NEEDED_MILLS = ASKED_MILLS = CALL_MILLS = AMOUNT_MILLS
EQUITY_AFTER_MILLS = FREE_MARGIN_MILLS = MOST_MILLS = OPEN_VALUE_TICK_LOTS = VALUE_TICK_LOTS
REOPEN_NS = FIRES_NS = DUE_NS = INPUTS_3 = VALUE_TICK_LOTS
assert all(globals()[name.upper()] == place for place, (name, _, _) in enumerate(EVENT_FIELDS))
assert all(globals()[name.upper()] == globals()[alias.field.upper()] for name, alias in EVENT_ALIASES.items())


def read_rows(events: np.ndarray) -> list[Row]:
    """EVENT rows, shape (n,), as tuples of integers."""
    return list(EVENT_STRUCT.iter_unpack(events.tobytes()))


def by_command(rows: list[Row]) -> Iterator[tuple[int, list[Row]]]:
    """Group rows by command. Yields the sequence of each command and its rows."""
    for sequence, group in groupby(rows, itemgetter(SEQUENCE)):
        yield sequence, list(group)


@lru_cache(maxsize=65_536)
def client_order_id_text(first: int, second: int, third: int) -> str:
    """Client order id from its three words. Cached, because several rows and a reply name the same order."""
    return unpack_client_order_id(first, second, third)


def _rests(events: np.ndarray) -> np.ndarray:
    """Which rows are an ORDER_ACCEPTED that reports ORDER_RESTED as well."""
    found: np.ndarray = events["flags"] & int(EventFlag.RESTS) != 0
    return found


def count_events(events: np.ndarray) -> int:
    """Number of events in EVENT rows, as `split_rests` separates them."""
    return len(events) + int(np.count_nonzero(_rests(events)))


def split_rests(events: np.ndarray) -> np.ndarray:
    """EVENT rows, one an event: an ORDER_ACCEPTED with RESTS becomes ORDER_ACCEPTED and ORDER_RESTED (ORDER-003)."""
    rests = _rests(events)
    if not rests.any():
        return events
    apart = np.repeat(events, 1 + rests)
    second = np.flatnonzero(rests) + np.arange(1, 1 + np.count_nonzero(rests))
    apart["flags"] &= 0xFF ^ int(EventFlag.RESTS)
    for name in ("lots", "level_lots", "hidden_lots"):
        apart[name][second - 1] = 0
    apart["reference"][second] = apart["account_sequence"][second] = 0
    apart["kind"][second] = EventKind.ORDER_RESTED
    return apart
