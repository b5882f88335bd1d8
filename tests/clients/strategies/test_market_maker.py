"""The market maker's decisions, and one scene at a real venue."""

import asyncio
import random
from pathlib import Path
from typing import Any, cast

import pytest

from clients.client import Session
from clients.errors import NotLive
from clients.strategies.market_maker import MarketMaker
from clients.strategies.strategy import run
from exchange.main import RunningServer
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Fill, InstrumentDefinition, ProtectionEvent, Trades
from tests.clients.scenes import play
from tests.clients.stub_session import StubSession

MONTHS = ["H100.G90.F27", "H100.G90.G27", "H100.G90.H27"]
SETTLE = 2846


def making(**terms: Any) -> tuple[MarketMaker, StubSession]:
    """A maker with empty books that has quoted once."""
    stub = StubSession(MONTHS)
    for number in stub.books:
        stub.load(number, [], [])
    maker = MarketMaker(MONTHS, **terms)
    maker.session = cast(Session, stub)
    asyncio.run(maker.start())
    maker.on_timer()
    return maker, stub


def quotes(stub: StubSession) -> list[tuple[int, str, int]]:
    return [(*place, order.price_tick) for place, order in stub.sides.items() if not order.done]


def test_it_quotes_both_sides_of_every_month_around_the_settlement() -> None:
    _, stub = making(half_spread_ticks=3, lots=20)
    expected = [(number, side, SETTLE + shift) for number in (1, 2, 3) for side, shift in (("b", -3), ("s", 3))]
    assert quotes(stub) == expected
    assert all(order.leaves_lots == 20 for order in stub.sides.values())
    assert len(stub.sent) == 1, "one message for all months"


def test_quotes_lean_against_the_inventory() -> None:
    maker, stub = making(lots=20, skew_ticks=4)
    stub.positions[1] = 40
    maker.on_timer()
    assert quotes(stub)[:2] == [(1, "b", SETTLE - 3 - 8), (1, "s", SETTLE + 3 - 8)]
    assert quotes(stub)[2:4] == [(2, "b", SETTLE - 3), (2, "s", SETTLE + 3)]


def test_at_its_limit_it_quotes_only_the_side_that_helps() -> None:
    maker, stub = making(inventory_lots_max=100, skew_ticks=0)
    stub.positions[1] = 100
    maker.on_timer()
    assert [(side, price) for number, side, price in quotes(stub) if number == 1] == [("s", SETTLE + 3)]
    stub.positions[1] = -100
    maker.on_timer()
    assert [side for number, side, _ in quotes(stub) if number == 1] == ["b"]


def test_a_trade_draws_its_month_and_half_as_much_its_neighbours() -> None:
    maker, _ = making(follow_percent=20, return_percent=0, pace_bp=1_000)
    maker.on_trades(2, Trades(1, 1, 1, 1, [(5, SETTLE + 10, 1, "b")]))
    assert [month.fair_centitick - SETTLE * 100 for month in maker.months] == [100, 200, 100]


def test_left_alone_the_curve_returns_to_its_own_opinion() -> None:
    maker, _ = making(return_percent=10, pace_bp=1_000)
    maker.months[0].fair_centitick += 1_000
    distances = []
    for _ in range(3):
        maker.on_timer()
        distances.append(maker.months[0].fair_centitick - SETTLE * 100)
    assert distances == [900, 810, 729]


@pytest.mark.rule("BAND-012")
def test_the_curve_keeps_its_pace_whatever_the_prints() -> None:
    """Over the 6 s of the venue's velocity logic it moves by less than the 3 % that this lets print."""
    maker, _ = making(pace_bp=15, reach_bp=10_000, return_percent=0)
    rng = random.Random(5)
    fair = [maker.months[1].fair_centitick]
    for turn in range(1_200):
        for _ in range(rng.randint(0, 20)):
            price_tick = rng.randint(1, 9) if turn < 400 else rng.randint(SETTLE * 2, SETTLE * 3)
            maker.on_trades(rng.randint(1, 3), Trades(1, 1, 1, 1, [(5, price_tick, 1, "b")]))
        maker.on_timer()
        fair.append(maker.months[1].fair_centitick)
    steps = [abs(late - early) for early, late in zip(fair, fair[60:], strict=False)]
    assert max(steps) > 0 and max(steps) <= SETTLE * 100 * 6 * 15 // 10_000
    assert min(fair) < 0.98 * fair[0] and max(fair) > 1.02 * fair[0], "with time it gets anywhere"


@pytest.mark.rule("BAND-012")
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("terms", "reach_bp"), [({}, 300), ({"return_percent": 0}, 300), ({"reach_bp": 100}, 100)])
def test_one_sided_prints_bring_the_curve_as_far_as_is_said(sign: int, terms: dict[str, int], reach_bp: int) -> None:
    maker, _ = making(**terms)
    month, opinion_centitick = maker.months[0], SETTLE * 100
    for _ in range(1_000):
        maker.on_timer()
        for _ in range(3):
            maker.on_trades(1, Trades(1, 1, 1, 1, [(5, SETTLE + sign * 200, 1, "b")]))
    away_bp = sign * (month.fair_centitick - opinion_centitick) * 10_000 / opinion_centitick
    assert reach_bp * 0.97 < away_bp <= reach_bp
    for _ in range(1_000):
        maker.on_timer()
    left_alone = month.fair_centitick - opinion_centitick
    assert abs(left_alone) <= 100 or not maker.return_percent, "it returns"


@pytest.mark.parametrize("opinion_tick", [10, 50, 66, 67, 200])
def test_the_curve_of_a_cheap_month_moves_as_well(opinion_tick: int) -> None:
    maker, _ = making(return_percent=0)
    month = maker.months[0]
    month.opinion_centitick = month.fair_centitick = opinion_tick * 100
    for _ in range(100):
        maker.on_timer()
        maker.on_trades(1, Trades(1, 1, 1, 1, [(5, 2 * opinion_tick, 1, "b")]))
    assert month.opinion_centitick < month.fair_centitick <= month.opinion_centitick * 1.03


def test_the_curve_stays_within_reach_of_its_own_opinion() -> None:
    for price_tick in (1, SETTLE * 3):
        maker, _ = making(return_percent=0, reach_bp=300)
        for _ in range(1_000):
            maker.on_trades(2, Trades(1, 1, 1, 1, [(5, price_tick, 1, "b")]))
            maker.on_timer()
        sign = 1 if price_tick > SETTLE else -1
        expected = [sign * (SETTLE * 100 * 300 // 10_000)] * 3
        assert [month.fair_centitick - month.opinion_centitick for month in maker.months] == expected


def test_it_never_takes_but_stays_behind_the_other_side() -> None:
    maker, stub = making()
    stub.load(1, [[SETTLE + 5, 10]], [])
    maker.on_timer()
    assert quotes(stub)[1] == (1, "s", SETTLE + 6)


def test_a_side_moves_only_when_it_is_far_enough_off_or_half_gone() -> None:
    maker, stub = making(requote_ticks=2, return_percent=0)
    bid, ask = stub.sides[1, "b"], stub.sides[1, "s"]
    maker.months[0].fair_centitick += 100
    maker.on_timer()
    assert bid.price_tick == SETTLE - 3 and len(stub.sent) == 1
    maker.months[0].fair_centitick += 100
    maker.on_timer()
    assert bid.price_tick == SETTLE - 1
    bid.filled_lots, bid.leaves_lots = 11, 9
    ask.leaves_lots = 12
    maker.on_timer()
    assert (bid.leaves_lots, ask.leaves_lots) == (20, 12), "the other side is said to stay, and keeps its place"


def test_a_month_with_an_answer_on_its_way_is_left_alone() -> None:
    maker, stub = making(return_percent=0)
    stub.sides[1, "b"].unanswered = 1
    for month in maker.months:
        month.fair_centitick += 1_000
    maker.on_timer()
    assert [price - SETTLE for _, _, price in quotes(stub)] == [-3, 3, 7, 13, 7, 13]


def test_no_quote_beyond_the_limits_of_the_day() -> None:
    maker, stub = making()
    maker.months[0].fair_centitick = maker.months[0].opinion_centitick = 3_415 * 100
    maker.on_timer()
    assert [side for number, side, _ in quotes(stub) if number == 1] == ["b"]


def test_a_fill_refreshes_its_own_month() -> None:
    maker, stub = making(return_percent=0, skew_ticks=4)
    stub.positions = {1: 20, 2: 20}
    bid = stub.sides[1, "b"]
    maker.on_fill(bid, Fill(7, 1, 1, 1, 1, 5, "", 1, "b", SETTLE - 3, 20, 0, 20, 0, "maker", 0, "filled"))
    assert [price - SETTLE for _, _, price in quotes(stub)] == [-7, -1, -3, 3, -3, 3]


# Protection.


def tripped(maker: MarketMaker, stub: StubSession, state: str = "tripped") -> None:
    """What the venue does and says."""
    if state == "tripped":
        for order in stub.sides.values():
            order.state = "cancelled"
    maker.on_event(ProtectionEvent(7, 1, 1, 1, 1, state, "lots", 300))


@pytest.mark.rule("ENTRY-022")
def test_it_protects_itself_before_it_quotes() -> None:
    _, stub = making(lots=20, traded_times=20, delta_times=8, window_ms=1_000)
    assert stub.protection == {"group": 1, "window_ms": 1_000, "lots": 400, "delta_lots": 160}


@pytest.mark.rule("ENTRY-023")
def test_after_a_trip_it_rests_then_resets_and_quotes_around_the_moved_curve() -> None:
    maker, stub = making(rest_s=0.3, return_percent=0, pace_bp=1_000)
    tripped(maker, stub)
    maker.on_trades(1, Trades(1, 1, 1, 1, [(5, SETTLE - 20, 1, "s")]))
    maker.on_fill(stub.sides[1, "b"], Fill(7, 1, 1, 1, 1, 5, "", 1, "b", SETTLE, 1, 0, 1, 0, "maker", 0, "filled"))
    for _ in range(2):
        maker.on_timer()
    assert (stub.resets, len(stub.sent), maker.trips) == (0, 1, 1)
    maker.on_timer()
    assert (stub.resets, len(stub.sent)) == (1, 1), "the reset is asked for, not taken for granted"
    for _ in range(3):
        maker.on_timer()
    assert stub.resets == 2, "no answer: asked again"
    tripped(maker, stub, "armed")
    assert [price - SETTLE for _, _, price in quotes(stub)] == [-7, -1, -5, 1, -3, 3]


@pytest.mark.rule("ENTRY-023")
def test_a_trip_it_was_not_told_of_is_learnt_from_the_refusal() -> None:
    maker, stub = making()
    stub.sides[1, "b"].error = error(5, ErrorCode.QUOTE_CROSSED, "")
    maker.on_order(stub.sides[1, "b"])
    assert not maker.tripped
    stub.sides[1, "b"].error = error(5, ErrorCode.MMP_TRIPPED, "")
    maker.on_order(stub.sides[1, "b"])
    assert maker.tripped


def test_another_group_of_the_account_is_not_its_business() -> None:
    maker, _ = making()
    maker.on_event(ProtectionEvent(7, 1, 1, 1, 2, "tripped", "lots", 300))
    assert not maker.tripped


def test_a_side_that_may_stay_can_never_cross_the_other() -> None:
    with pytest.raises(AssertionError, match="cross"):
        MarketMaker(MONTHS, half_spread_ticks=1, requote_ticks=3)


def test_a_month_whose_book_is_stale_is_left_alone() -> None:
    maker, stub = making(return_percent=0)
    stub.books[1].mark_stale("gap")
    for month in maker.months:
        month.fair_centitick += 1_000
    maker.on_timer()
    assert [price for number, side, price in quotes(stub) if side == "b"] == [SETTLE - 3, SETTLE + 7, SETTLE + 7]


def test_a_lost_connection_is_told_by_the_first_request() -> None:
    maker, stub = making(return_percent=0)

    def refuse(*_: Any, **__: Any) -> int:
        raise NotLive("down")

    stub.send_quotes = refuse  # type: ignore[method-assign]
    maker.months[0].fair_centitick += 1_000
    with pytest.raises(NotLive):
        maker.on_timer()


@pytest.mark.rule("MMP-002", "MMP-003")
def test_at_a_real_venue_it_is_pulled_rests_and_quotes_again(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, taker: Session, month: InstrumentDefinition) -> None:
        maker = MarketMaker([month.symbol], lots=10, traded_times=1, rest_s=0.2)
        running = asyncio.create_task(run(maker, session))
        book = await taker.book(month)

        async def quoted() -> None:
            await taker._until(lambda: book.synced and book.best_bid is not None and book.best_ask is not None)

        await quoted()
        assert book.best_ask is not None
        assert (await taker.buy(month, 10, price_tick=book.best_ask.price_tick, tif="ioc")).filled_lots == 10
        await taker._until(lambda: not book.bids() and not book.asks())
        await quoted()
        assert (maker.trips, maker.tripped, session.refusals) == (1, False, 0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    play(tmp_path, scene)
