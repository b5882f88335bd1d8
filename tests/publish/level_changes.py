"""Which level an event has changed, in plain Python: the twin of what kernels read of an EVENT row."""

from exchange.codes import EventFlag, EventKind, Liquidity, OrderState
from exchange.engine.event_rows import FLAGS, KIND, LEVEL_LOTS, LEVEL_TICK, LIQUIDITY, OLD_TICK, PRICE, SIDE, STATE, Row

_FILL = int(EventKind.FILL)
_ACK = int(EventKind.ORDER_ACCEPTED)
_RPL = int(EventKind.ORDER_REPLACED)
_LEVEL_KINDS = frozenset(
    map(
        int,
        (
            EventKind.ORDER_RESTED,
            EventKind.ORDER_CANCELLED,
            EventKind.ICEBERG_REFRESHED,
            EventKind.SELF_MATCH_DECREMENTED,
        ),
    )
)
_TAKER = int(Liquidity.TAKER)
_NEVER_RESTED = int(EventFlag.NEVER_RESTED)
_RESTS = int(EventFlag.RESTS)
_PENDING = int(OrderState.PENDING)
_KEPT = int(EventFlag.KEPT)
_LOST = int(EventFlag.LOST)


def level_change(row: Row) -> tuple[int, int, int] | None:
    """(side, price_tick, lots shown now) of the level that an event has changed; None if it changed none."""
    kind = row[KIND]
    if kind == _ACK:
        return (row[SIDE], row[PRICE], row[LEVEL_LOTS]) if row[FLAGS] & _RESTS else None
    if kind == _FILL:
        return None if row[LIQUIDITY] == _TAKER else (row[SIDE], row[LEVEL_TICK], row[LEVEL_LOTS])
    if kind in _LEVEL_KINDS:
        return None if row[FLAGS] & _NEVER_RESTED else (row[SIDE], row[PRICE], row[LEVEL_LOTS])
    if kind == _RPL and row[FLAGS] & (_KEPT | _LOST) and row[STATE] != _PENDING:
        price = row[PRICE] if row[FLAGS] & _KEPT else row[OLD_TICK]
        return row[SIDE], price, row[LEVEL_LOTS]
    return None
