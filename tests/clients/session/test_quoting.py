"""Mass quotes and protection through the client, against a real venue."""

from pathlib import Path

import pytest

from clients.client import Session
from clients.errors import Refused
from clients.events import Filled, OrderChanged, Reconnected
from clients.session.quoting import QuoteEntry
from exchange.main import RunningServer
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import InstrumentDefinition, ProtectionEvent
from tests.clients.scenes import out_of_reach, play, until

MID = 2810


@pytest.mark.rule("ENTRY-020", "ENTRY-021")
def test_a_quote_is_two_orders_that_entries_move_and_remove(tmp_path: Path) -> None:
    async def scene(_: RunningServer, maker: Session, __: Session, month: InstrumentDefinition) -> None:
        assert await maker.set_protection(1, window_ms=1_000, fills=50, chip="H100") == "armed"
        (outcome,) = await maker.quote(1, [QuoteEntry(month, MID - 2, 20, MID + 2, 30)])
        bid, ask = maker.quotes(month)
        assert bid is not None and ask is not None
        assert (outcome.bid_order_id, outcome.ask_order_id) == (bid.order_id, ask.order_id)
        assert (outcome.bid_state, outcome.ask_state, outcome.code) == (1, 1, 0)
        assert [(order.state, order.price_tick, order.leaves_lots) for order in (bid, ask)] == [
            ("open", MID - 2, 20), ("open", MID + 2, 30),
        ]  # fmt: skip
        (outcome,) = await maker.quote(1, [QuoteEntry(month, MID - 2, 15, MID + 1, 30)])
        assert (outcome.bid_state, outcome.ask_state) == (2, 1), "a smaller side keeps its place, a moved one does not"
        await maker.ping()
        assert (bid.leaves_lots, ask.price_tick) == (15, MID + 1)
        (refused,) = await maker.quote(1, [QuoteEntry(month, MID, 5, MID, 5)])
        assert refused.code == ErrorCode.QUOTE_CROSSED and (bid.working, ask.working) == (True, True)
        await maker.quote(1, [QuoteEntry(month, MID - 2, 0, MID + 1, 30)])
        await maker.ping()
        assert (bid.state, bid.reason, ask.state, bid.unanswered, ask.unanswered) == ("cancelled", "user", "open", 0, 0)
        assert await maker.cancel_all(group=1) == 1

    play(tmp_path, scene)


@pytest.mark.rule("ENTRY-022")
def test_quotes_without_protection_are_refused_and_leave_no_order(tmp_path: Path) -> None:
    async def scene(_: RunningServer, maker: Session, __: Session, month: InstrumentDefinition) -> None:
        with pytest.raises(Refused, match="QUOTE_NEEDS_MMP"):
            await maker.quote(1, [QuoteEntry(month, MID - 2, 20, MID + 2, 30)])
        bid, _ask = maker.quotes(month)
        assert bid is not None and bid.state == "rejected" and bid.unanswered == 0
        with pytest.raises(ValueError, match="33 entries"):
            maker.send_quotes(1, [QuoteEntry(month, MID - 2, 20, MID + 2, 30)] * 33)

    play(tmp_path, scene)


@pytest.mark.rule("ENTRY-023")
def test_a_fill_moves_the_side_and_a_tripped_group_is_reset(tmp_path: Path) -> None:
    async def scene(_: RunningServer, maker: Session, taker: Session, month: InstrumentDefinition) -> None:
        await maker.set_protection(1, window_ms=60_000, fills=2)
        entries = [QuoteEntry(month, MID - 2, 20, MID + 2, 30)]
        await maker.quote(1, entries)
        await taker.buy(month, 4, price_tick=MID + 2, tif="ioc")
        filled = (await until(maker, Filled))[-1]
        _, ask = maker.quotes(month)
        assert isinstance(filled, Filled) and filled.order is ask and ask is not None
        assert (ask.leaves_lots, ask.filled_lots, ask.value_tick_lots) == (26, 4, 4 * (MID + 2))
        await taker.sell(month, 1, price_tick=MID - 2, tif="ioc")
        trip = (await until(maker, ProtectionEvent))[-1]
        assert isinstance(trip, ProtectionEvent) and (trip.group_state, trip.reason) == ("tripped", "fills")
        await until(maker, OrderChanged)
        assert [order.reason for order in maker.quotes(month) if order] == ["mmp", "mmp"]
        (refused,) = await maker.quote(1, entries)
        assert refused.code == ErrorCode.MMP_TRIPPED
        assert [order.state for order in maker.quotes(month) if order] == ["rejected", "rejected"]
        assert await maker.reset_protection(1) == "armed"
        assert (await maker.quote(1, entries))[0].code == 0

    play(tmp_path, scene)


def test_quotes_are_found_again_after_a_reconnect(tmp_path: Path) -> None:
    async def scene(_: RunningServer, maker: Session, taker: Session, month: InstrumentDefinition) -> None:
        await maker.set_protection(1, window_ms=1_000, fills=50)
        await maker.quote(1, [QuoteEntry(month, MID - 2, 20, MID + 2, 30)])
        bid, _ = maker.quotes(month)
        async with out_of_reach(maker):
            await taker.sell(month, 5, price_tick=MID - 2, tif="ioc")
        await until(maker, Reconnected)
        assert maker.quotes(month)[0] is bid and bid is not None and bid.leaves_lots == 15

    play(tmp_path, scene)
