"""The values of an EVENT row that messages show: its fields, then the derived ones (`wire.table.DERIVED`).

Kernels find a value by its number; the plain encoder finds it by the same number.
"""

from exchange.records import EVENT, EVENT_FIELDS, field_of
from exchange.wire.table import DERIVED

FIELDS = len(EVENT_FIELDS)
_NUMBERS = {name: number for number, name in enumerate([*(name for name, _, _ in EVENT_FIELDS), *DERIVED])}
VALUES_MAX = 64
assert len(_NUMBERS) <= VALUES_MAX


def index_of(source: str) -> int:
    """Number of a value, by the name of a field, of an alias, or of a derived value."""
    return _NUMBERS[source if source in DERIVED else field_of(EVENT, source)]


REQUEST_ID = index_of("request_id")
RECEIVED_US = index_of("received_us")
SENT_US = index_of("sent_us")
TIME_US = index_of("time_us")
INSTRUMENT_ID = index_of("instrument_id")
NEXT_SEQUENCE = index_of("next_sequence")
UNREALISED_MILLS = index_of("unrealised_mills")
GAIN_MILLS = index_of("gain_mills")
MAINTENANCE_MILLS = index_of("maintenance_mills")
FREE_MILLS = index_of("free_mills")
CODE = index_of("code")
CODE_INDEX = index_of("code_index")
REPLACED_TICK = index_of("replaced_tick")
REPLACED_LOTS = index_of("replaced_lots")
PRIORITY = index_of("priority")
WHY = index_of("why")
FIRED = index_of("fired")
CASH_WORD = index_of("cash_word")
DUE_US = index_of("due_us")
LIQUIDATION = index_of("liquidation")
