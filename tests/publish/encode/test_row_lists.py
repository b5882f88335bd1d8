"""Messages with rows; random ones are compared with those of plain Python in `test_batch`."""

import msgspec
import numpy as np
import pytest

from exchange.codes import EventKind, QuoteState
from exchange.publish.encode import put
from exchange.publish.encode.reply_forms import REPLY_QUOTED
from exchange.publish.encode.row_lists import count_legs, put_fill_of_legs, put_quote_reply
from exchange.publish.encode.tables import account_forms
from exchange.records import EVENT
from tests.publish.encode.tabled import DECODE, loaded
from tests.publish.helpers import event, table

FILL_OF_LEGS = [number for kind, number, _ in account_forms() if kind == EventKind.FILL][1]
Ids = table().ids


def legs_of(*ticks: int) -> np.ndarray:
    """A fill with the number 9 and its legs, then a leg of another one."""
    rows = [event(EventKind.FILL, 5, account=7, account_sequence=9)]
    rows += [event(EventKind.LEG_FILLED, 5, account_sequence=9, instrument=1, trade_tick=tick) for tick in ticks]
    return np.array([*rows, event(EventKind.LEG_FILLED, 5, account_sequence=10)], EVENT)


@pytest.mark.rule("SETTLE-012")
def test_legs_are_the_rows_with_the_number_of_the_fill() -> None:
    assert count_legs(legs_of(3, 4), 0, 4) == 2
    assert count_legs(legs_of(3, 4), 0, 2) == 1, "the command ends before"
    assert count_legs(legs_of(), 0, 2) == 0


@pytest.mark.rule("SETTLE-012")
@pytest.mark.parametrize("encoding", [put.JSON, put.MSGPACK])
@pytest.mark.parametrize("ticks", [(2_847,), (2_847, -3), tuple(range(12))])
def test_a_fill_has_a_row_for_each_leg(encoding: int, ticks: tuple[int, ...]) -> None:
    out = np.zeros(4_096, np.uint8)
    stop = put_fill_of_legs(loaded(), FILL_OF_LEGS, legs_of(*ticks), 0, len(ticks), encoding, out, 0)
    message = DECODE[encoding](out[: int(stop)].tobytes())
    assert message["t"] == "fill" and message["legs"] == [[Ids[1], tick] for tick in ticks]


@pytest.mark.rule("ENTRY-020")
def test_the_reply_to_a_quote_has_a_row_for_each_entry() -> None:
    rows = [
        event(EventKind.QUOTE_ACCEPTED, 5, instrument=1, bid_state=QuoteState.ENTERED, bid_id=8, ask_id=9),
        event(EventKind.ORDER_ACCEPTED, 5, instrument=1),
        event(EventKind.QUOTE_ACCEPTED, 5, instrument=1),
    ]
    out = np.zeros(4_096, np.uint8)
    stop = put_quote_reply(loaded(), np.array(rows, EVENT), 0, 3, put.JSON, out, 0)
    assert REPLY_QUOTED and msgspec.json.decode(out[: int(stop)].tobytes())["qs"] == [
        [Ids[1], int(QuoteState.ENTERED), 8, 0, 9, 0], [Ids[1], 0, 0, 0, 0, 0],
    ]  # fmt: skip
