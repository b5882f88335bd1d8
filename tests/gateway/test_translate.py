"""Messages become rows: every field at its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.codes import CommandFlag, CommandKind, PostOnly, Side, TimeInForce
from exchange.gateway.command_batch import CommandBatch
from exchange.gateway.translate import (
    ListedInstrument,
    pack_cancel,
    pack_cancel_all,
    pack_disconnect,
    pack_new,
    pack_replace,
)
from exchange.records import unpack_client_order_id, unpack_tag
from exchange.units import ORDER_LOTS_MAX
from exchange.wire.messages import Cancel, CancelAll, CancelTerms, New, Replace
from exchange.wire.request_checks import check_new, check_replace
from exchange.wire.words import SILENT

COID = st.from_regex(r"\A[A-Za-z0-9_.:-]{1,24}\Z")
TAG = st.from_regex(r"\A[A-Za-z0-9_.:-]{0,8}\Z")
LISTED = ListedInstrument(5, 1, 0, 2)


def row_of(batch: CommandBatch) -> dict:
    batch.add_unanswered()
    row = batch.gathered_rows()[-1]
    return {name: row[name].item() for name in row.dtype.names}


def texts(row: dict) -> tuple[str, str]:
    words = (row[f"client_order_id_{part}"] for part in range(3))
    return unpack_client_order_id(*words), unpack_tag(row["tag"])


@given(
    COID, TAG, st.sampled_from(["b", "s"]), st.sampled_from(["day", "gtc", "ioc", "fok"]), st.booleans(),
    st.integers(1, 2**31 - 1), st.integers(1, ORDER_LOTS_MAX), st.integers(1, 2**53 - 1), st.booleans(),
)  # fmt: skip
def test_new_order_is_packed_field_by_field(
    coid: str, tag: str, side: str, tif: str, post: bool, price: int, lots: int, request_id: int, cod: bool
) -> None:
    message = New(
        request_id=request_id, instrument=9, side=side, tif=tif, price_tick=price, order_lots=lots,
        client_order_id=coid, tag=tag, post_only="reject" if post else "", minimum_lots=1, cancel_on_disconnect=cod,
    )  # fmt: skip
    assert check_new(message, LISTED) is None
    batch = CommandBatch(4)
    pack_new(batch, message, 5, 7, 3, request_id)
    row = row_of(batch)
    assert texts(row) == (coid, tag)
    assert (row["kind"], row["side"], row["tif"]) == (CommandKind.NEW, Side("bs".index(side)), TimeInForce[tif.upper()])
    assert (row["account"], row["session"], row["instrument"], row["request_id"]) == (7, 3, 5, request_id)
    assert (row["price"], row["lots"], row["minimum_lots"], row["display_lots"]) == (price, lots, 1, 0)
    assert row["post_only"] == (PostOnly.REJECT if post else PostOnly.NONE)
    assert row["flags"] == (0 if cod else CommandFlag.NO_COD)
    assert (row["smp_id"], row["expiry_ns"], row["group"], row["order_id"]) == (0, 0, 0, 0)


@given(st.booleans(), st.booleans(), st.sampled_from(["", "day", "gtc"]), TAG, st.integers(-(2**31) + 1, 2**31 - 1))
def test_replace_says_what_is_kept(price: bool, lots: bool, tif: str, tag: str, tick: int) -> None:
    given_fields = {"price_tick": tick} if price else {}
    given_fields |= {"order_lots": 8} if lots else {}
    message = Replace(request_id=4, order_id=99, tif=tif, tag=tag, **given_fields)
    assert check_replace(message) is None
    batch = CommandBatch(4)
    pack_replace(batch, message, 7, 3, 4)
    row = row_of(batch)
    flags = CommandFlag(row["flags"])
    assert (CommandFlag.KEEP_PRICE in flags, CommandFlag.KEEP_LOTS in flags) == (not price, not lots)
    assert (CommandFlag.SET_TIF in flags, CommandFlag.SET_TAG in flags) == (bool(tif), bool(tag))
    assert (row["order_id"], row["price"], row["lots"]) == (99, tick if price else 0, 8 if lots else 0)
    assert texts(row) == ("", tag)


@pytest.mark.rule("ENTRY-004", "ENTRY-012")
def test_cancels_name_an_order_or_filters() -> None:
    batch = CommandBatch(4)
    pack_cancel(batch, Cancel(request_id=4, client_order_id="a1"), 7, 3, 4)
    row = row_of(batch)
    assert (row["kind"], texts(row)[0], row["order_id"]) == (CommandKind.CANCEL, "a1", 0)
    pack_cancel_all(batch, CancelAll(request_id=5, side="s", tag="grid"), 6, 2, 7, 3, 5)
    row = row_of(batch)
    assert (row["instrument"], row["group"], row["side"], texts(row)[1]) == (6, 2, Side.SELL, "grid")
    assert row["flags"] == CommandFlag.BY_SIDE | CommandFlag.BY_TAG
    for terms, silent, flags in [
        (CancelTerms(), False, 0),
        (CancelTerms(mode="account", orders="day"), True, CommandFlag.WHOLE_ACCOUNT | CommandFlag.DAY_ONLY),
    ]:
        pack_disconnect(batch, 7, 3, terms, silent)
        row = row_of(batch)
        assert (row["kind"], row["account"], row["session"], row["flags"]) == (CommandKind.DISCONNECT, 7, 3, flags)
        assert row["request_id"] == (SILENT if silent else 0)
