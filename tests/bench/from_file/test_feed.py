"""A feed has what its readers need: a book that follows it is the engine's, and the formats have every message."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.flows.flow import FLOWS, make_flow
from bench.from_file.contestants import read_dbn, read_dbn_array
from bench.from_file.feed import (
    ADD,
    CANCEL,
    FILL,
    NPZ_EVENT,
    TapeFeed,
    feed_of,
    npz_events,
    npz_levels,
    write_dbn,
    write_npz,
)
from bench.tapes.market import engine_at, flow_market, market_tape
from bench.tapes.tape import Tape
from exchange.codes import Side
from exchange.engine import query


def small(name: str) -> Tape:
    flow = make_flow(replace(FLOWS[name], commands=600, warm_orders=300, accounts=10))
    return market_tape(flow_market(flow), [flow.warm, flow.commands], {"fills": flow.fills}, "medium")


def book_of(feed: TapeFeed) -> dict[tuple[int, int], int]:
    """Lots by side and price, after all messages of a feed; each message is checked against the order that it names."""
    orders: dict[int, tuple[int, int, int]] = {}
    for kind, event, lots in zip(feed.kinds.tolist(), feed.events, feed.lots.tolist(), strict=True):
        key = int(event["order_id"])
        assert (key in orders) == (kind != ADD)
        if kind == CANCEL:
            del orders[key]
        elif kind == FILL:
            assert 0 < lots <= orders[key][2] and event["price"] == orders[key][1]
        else:
            orders[key] = (int(event["side"]), int(event["price"]), lots)
    levels: dict[tuple[int, int], int] = defaultdict(int)
    for side, price, lots in orders.values():
        levels[side, price] += lots
    return dict(levels)


def engine_book(tape: Tape) -> dict[tuple[int, int], int]:
    bids, asks = query.depth(engine_at(tape, len(tape.commands)).states, 1, 10_000)
    sides = ((int(Side.BUY), bids), (int(Side.SELL), asks))
    return {(side, price): lots for side, levels in sides for price, lots in levels}


@pytest.mark.parametrize("name", list(FLOWS))
def test_a_book_that_follows_the_feed_is_the_book_of_the_engine(name: str) -> None:
    tape = small(name)
    feed = feed_of(tape)
    assert book_of(feed) == engine_book(tape) and feed.fills == tape.notes["fills"]
    assert feed.state_hash == engine_at(tape, len(tape.commands)).state_hash().hex()


@pytest.mark.parametrize("name", list(FLOWS))
def test_levels_of_the_feed_are_those_of_the_engine(name: str) -> None:
    tape = small(name)
    levels = {}
    for row in npz_levels(feed_of(tape)):
        side = Side.BUY if row["ev"] & (1 << 29) else Side.SELL
        levels[int(side), int(row["px"])] = int(row["qty"])
    assert {key: lots for key, lots in levels.items() if lots} == engine_book(tape)


def test_events_have_the_form_of_hftbacktest(tmp_path: Path) -> None:
    types = pytest.importorskip("hftbacktest.types")
    assert types.event_dtype == NPZ_EVENT
    feed = feed_of(small("mixed"))
    rows = npz_events(feed)
    write_npz(rows, tmp_path / "flow.npz")
    assert np.array_equal(np.load(tmp_path / "flow.npz")["data"], rows)
    assert set((rows["ev"] & 0xFF).tolist()) == {types.ADD_ORDER_EVENT, types.CANCEL_ORDER_EVENT, 12, types.FILL_EVENT}
    both = types.EXCH_EVENT | types.LOCAL_EVENT
    assert ((rows["ev"] & both) == both).all() and (rows["ev"] & types.BUY_EVENT > 0).any()


def test_every_message_is_a_record_of_dbn(tmp_path: Path) -> None:
    dbn = pytest.importorskip("databento_dbn")
    feed = feed_of(small("mixed"))
    write_dbn(feed, tmp_path / "flow.dbn.zst")
    assert read_dbn(tmp_path / "flow.dbn.zst") == read_dbn_array(tmp_path / "flow.dbn.zst") == len(feed.kinds)
    decoder = dbn.DBNDecoder(compression=dbn.Compression.ZSTD)
    decoder.write((tmp_path / "flow.dbn.zst").read_bytes())
    first = decoder.decode()[1]
    event = feed.events[0]
    assert (first.price, first.size) == (int(event["price"]) * 10**9, int(feed.lots[0]))
    assert (first.order_id, first.ts_event, str(first.action)) == (int(event["order_id"]), int(event["time_ns"]), "A")
