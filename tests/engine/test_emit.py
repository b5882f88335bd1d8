"""EVENT rows: every field is written each time, numbers of an account's stream follow each other (ORDER-003)."""

import numpy as np
import pytest

from exchange.codes import CommandKind, EventKind, OrderState, RejectReason, Side
from exchange.records import pack_client_order_id
from tests.played import Played, play

NEW = {"instrument": 1, "side": Side.BUY, "price": 99, "lots": 5}


def named(text: str) -> dict[str, int]:
    return {f"client_order_id_{place}": word for place, word in enumerate(pack_client_order_id(text))}


def buffered(market: Played) -> np.ndarray:
    """The event buffer, full of what an earlier command might have left."""
    outs = market.engine.outs
    outs["rows"].view("u1")[:] = 0xAB
    return outs


@pytest.mark.rule("ORDER-003")
def test_a_row_has_nothing_of_what_the_buffer_had_before() -> None:
    lines = ("-", "a S5@100; x S1@104")
    fields = {"instrument": 1, "side": Side.BUY, "price": 101, "lots": 7, **named("t")}
    clean, dirty = play(*lines), play(*lines)
    buffered(dirty)
    assert dirty.send(CommandKind.NEW, **fields) == clean.send(CommandKind.NEW, **fields)
    assert dirty.send(CommandKind.CANCEL_ALL) == clean.send(CommandKind.CANCEL_ALL)


@pytest.mark.rule("ORDER-003", "ACCT-001")
def test_numbers_of_an_account_s_stream_have_no_gap() -> None:
    market = play("-", "a B1@98 acct=A; b B1@97 acct=B")
    seen = []
    for step in range(4):
        for row in market.send(CommandKind.NEW, **NEW | {"lots": step}, **named(f"o{step}")):
            seen += [row.account_sequence] if row.account_sequence else []
    assert seen == list(range(seen[0], seen[0] + len(seen))) and market.state.accounts[1].stream == seen[-1]


@pytest.mark.rule("ORDER-004")
def test_a_refusal_repeats_what_was_asked_and_says_why() -> None:
    market = play("-", "a B1@98", "tick=5")
    (row,) = market.send(CommandKind.NEW, request_id=77, **NEW, **named("o"))
    assert (row.kind, row.reason, row.state) == (
        EventKind.ORDER_REJECTED,
        RejectReason.OFF_TICK,
        OrderState.REJECTED,
    )
    assert (row.reference, row.price, row.order_lots, row.side) == (77, 99, 5, Side.BUY)
    assert row.client_order_id_0 == pack_client_order_id("o")[0]


@pytest.mark.rule("ORDER-004")
@pytest.mark.parametrize("price", [2**40, -(2**40)])
def test_a_price_that_no_row_can_hold_is_cut_and_refused(price: int) -> None:
    (row,) = play("-", "a B1@98").send(CommandKind.NEW, **NEW | {"price": price})
    assert row.kind == EventKind.ORDER_REJECTED and abs(row.price) == 0x7FFFFFFF and (row.price < 0) == (price < 0)
