"""The values of a row: those that it holds, and those that follow from them, each against plain Python."""

import random
from typing import Any

import numpy as np
import pytest

from exchange.clearing_codes import CashReason
from exchange.codes import CancelReason, EventFlag, EventKind, MarketState, RejectReason
from exchange.engine.query import MAINTENANCE_BP
from exchange.publish.encode import put, row_values
from exchange.publish.encode.row_message import derive_others, put_message, read_values
from exchange.publish.message_makers import split_gain
from exchange.records import EVENT, EVENT_FIELDS, field_of
from exchange.units import MONEY_MAX, NS_PER_US, share_ceil
from exchange.wire.errors import reason_code
from exchange.wire.table import CODES, PRIORITIES
from exchange.wire.words import CASH_CAUSES, INDICES_MAX, NO_IDS, SILENT, reason_of_disconnect
from tests.publish.encode.tabled import FORMS, fill, loaded, message_of
from tests.publish.encode.test_put import OUT_OF_BOUNDS, SPARE
from tests.publish.helpers import LISTED, table

TABLES = loaded()
MONEY = [0, 1, 2, 4, 5, 9_999, 10_000, 10_001, 12_345_678_901, 1_152_921_504_606_847, MONEY_MAX - 1, 3 * MONEY_MAX]


def signed(value: int) -> int:
    """As an int64 of the same bits."""
    return (value + 2**63) % 2**64 - 2**63


def row_of(kind: EventKind, **fields: int) -> np.ndarray:
    rows = np.zeros(1, EVENT)
    rows["kind"] = kind
    for name, value in fields.items():
        rows[field_of(EVENT, name)] = value
    return rows


def derived(kind: EventKind, **fields: int) -> list[int]:
    """The values of a row of a kind, by their numbers."""
    rows = row_of(kind, **fields)
    read_values(TABLES, rows.view(np.int64), 0)
    derive_others(TABLES, rows[0])
    values: list[int] = TABLES["values"].tolist()
    return values


@pytest.mark.rule("ACCT-003")
def test_every_field_is_read_as_it_stands_in_the_row() -> None:
    rng = random.Random(3)
    rows = np.frombuffer(rng.randbytes(64 * EVENT.itemsize), EVENT)
    cells = np.frombuffer(rows.tobytes(), np.int64)
    for place, row in enumerate(rows):
        read_values(TABLES, cells, place)
        values = TABLES["values"].tolist()
        assert values[: row_values.FIELDS] == [signed(int(row[name])) for name, _, _ in EVENT_FIELDS]
        assert values[row_values.TIME_US] == int(row["time_ns"]) // NS_PER_US
        assert values[row_values.NEXT_SEQUENCE] == signed(int(row["account_sequence"]) + 1)
        assert values[row_values.INSTRUMENT_ID] == table().id_of(int(row["instrument"]))


BOUNDS = (1, 2, 3, 4, INDICES_MAX, NO_IDS, NO_IDS + INDICES_MAX, 2**31, 2**32 - 1)


@pytest.mark.rule("ENTRY-021")
@pytest.mark.parametrize("index", sorted({bound - step for bound in BOUNDS for step in (0, 1)}))
def test_an_instrument_has_its_id_listed_or_not(index: int) -> None:
    assert derived(EventKind.FILL, instrument=index)[row_values.INSTRUMENT_ID] == table().id_of(index)


@pytest.mark.rule("WIRE-020")
@pytest.mark.parametrize("state", MarketState)
def test_a_refused_order_has_the_code_of_its_reason(state: MarketState) -> None:
    for reason in RejectReason:
        if reason != RejectReason.NONE:
            values = derived(EventKind.ORDER_REJECTED, reason=reason, book_state=state)
            assert values[row_values.CODE] == reason_code(reason, state)
            assert CODES[values[row_values.CODE_INDEX]] == reason_code(reason, state)


@pytest.mark.rule("ENTRY-010")
def test_a_replace_that_kept_or_lost_its_place_says_so() -> None:
    words = {int(EventFlag.KEPT): "kept", int(EventFlag.LOST): "lost"}
    for flags in range(256):
        priority = derived(EventKind.ORDER_REPLACED, flags=flags)[row_values.PRIORITY]
        assert PRIORITIES[priority] == words.get(flags & (EventFlag.KEPT | EventFlag.LOST), "")


@pytest.mark.rule("MARGIN-015")
@pytest.mark.parametrize("kind", [EventKind.POSITION_CHANGED, EventKind.CASH_MOVED])
@pytest.mark.parametrize("held", MONEY)
def test_maintenance_margin_is_rounded_up_and_unpaid_gains_are_not_free(kind: EventKind, held: int) -> None:
    equity_name = "equity_mills" if kind == EventKind.POSITION_CHANGED else "equity_after_mills"
    for equity in (0, -7, 10**6, -MONEY_MAX, MONEY_MAX):
        for unpaid in (0, 3, MONEY_MAX):
            values = derived(
                kind, instrument=1, margin_held_mills=held, unpaid_gain_mills=unpaid, **{equity_name: equity}
            )  # fmt: skip
            assert values[row_values.MAINTENANCE_MILLS] == share_ceil(held, MAINTENANCE_BP)
            assert values[row_values.FREE_MILLS] == equity - unpaid - held


@pytest.mark.rule("ACCT-004")
@pytest.mark.parametrize("lots", [0, 1, -1, 7, -7, 10**6, -(10**6)])
@pytest.mark.parametrize("listed", LISTED, ids=lambda row: row.symbol)
def test_the_gain_of_a_position_is_unrealised_while_it_has_lots(lots: int, listed: Any) -> None:
    for mark in (0, 1, 2_846, -40):
        for value in (0, 5, -5, 2_846 * lots):
            values = derived(
                EventKind.POSITION_CHANGED, instrument=listed.index, position_lots=lots, mark_tick=mark,
                open_value_tick_lots=value,
            )  # fmt: skip
            unrealised, realised = split_gain(lots, (mark * lots - value) * listed.hours)
            assert values[row_values.UNREALISED_MILLS] == unrealised
            assert realised in (None, values[row_values.GAIN_MILLS])


@pytest.mark.rule("SESS-021")
@pytest.mark.parametrize("end", [SILENT, 0])
@pytest.mark.parametrize("reason", CancelReason)
def test_a_disconnect_says_whether_the_client_fell_silent(reason: CancelReason, end: int) -> None:
    fired = derived(EventKind.DISCONNECTED, cancel_reason=reason, connection_end=end)[row_values.FIRED]
    assert ("dead", "cod")[fired] == reason_of_disconnect(reason, end)


@pytest.mark.parametrize("amount", [1, MONEY_MAX, -1, -MONEY_MAX, 0])
@pytest.mark.parametrize("reason", CashReason)
def test_money_is_paid_in_or_out_or_has_another_cause(reason: CashReason, amount: int) -> None:
    place = derived(EventKind.CASH_MOVED, cash_reason=reason, amount_mills=amount)[row_values.CASH_WORD]
    moved = "deposit" if amount > 0 else "withdrawal"
    assert CASH_CAUSES[place] == (moved if reason == CashReason.TRANSFER else reason.name.lower())


@pytest.mark.parametrize("encoding", [put.JSON, put.MSGPACK, put.BINARY])
def test_nothing_is_written_beyond_a_buffer_that_is_too_short(encoding: int) -> None:
    for number, form in FORMS.items():
        for key in form.keys:
            if key.source:
                fill(TABLES, key, 3)
        whole = message_of(TABLES, number, encoding)
        for space in (0, 1, len(whole) // 2, len(whole) - 1, len(whole), len(whole) + put.PUT_SLACK):
            memory = np.full(4_096, SPARE, np.uint8)
            try:
                stop = put_message(TABLES, number, encoding, memory[:space], 0)
            except OUT_OF_BOUNDS:
                assert space < len(whole) + put.PUT_SLACK
            else:
                assert stop == len(whole) <= space and memory[:stop].tobytes() == whole
            assert (memory[space:] == SPARE).all()
