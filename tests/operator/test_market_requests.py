"""The operator's requests about the market, and what clients see of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.codes import BookFeature, MarketState, Matching
from exchange.engine import query
from exchange.units import NS_PER_S
from exchange.wire.messages import (
    CancelAll,
    ChannelSpec,
    Err,
    Fill,
    Instruments,
    Status,
    Subscribe,
)
from tests.gateway.harness import SYMBOL, Bench
from tests.operator.asking import coming_day, do, refused

CHIP = "H100"
DAY_NS = 86_400 * NS_PER_S
S = MarketState


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


def state(bench: Bench) -> MarketState:
    return query.market_state(bench.venue.states, 1)


@pytest.mark.rule("STATE-001")
def test_one_market_changes_alone_only_while_its_group_is_open(bench: Bench) -> None:
    do(bench, "state", target=CHIP, to="paused")
    assert refused(bench, "state", target=SYMBOL, to="halt") == (
        f"{SYMBOL}: its group is PAUSED; a single market can change only while its group is OPEN (STATE-001)"
    )


@pytest.mark.rule("STATE-001", "BAD-059")
@pytest.mark.parametrize("target", [CHIP, SYMBOL])
def test_a_group_or_one_book_is_brought_into_a_state_and_back(bench: Bench, target: str) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(Subscribe(request_id=1, channels=[ChannelSpec(name_of_channel="status", instrument=bench.instrument)]))
    assert do(bench, "state", target=target, to="paused") == [f"{target} PAUSED operator"]
    assert [(told.phase, told.reason) for told in peer.take() if isinstance(told, Status)] == [("PAUSED", "operator")]
    assert peer.ask(bench.order(10, "a1"))[0].state == "open", "orders collect"
    assert refused(bench, "state", target=target, to="preopen") == (
        f"{target} is PAUSED: it cannot become PREOPEN from there (STATE-001)"
    )
    assert do(bench, "state", target=target, to="halt", admin=True) == [f"{target} HALT HALT_ADMIN"]
    halted = peer.ask(bench.order(11, "a2"))[0]
    assert isinstance(halted, Err) and (halted.code, halted.name) == (7002, "HALTED")
    do(bench, "state", target=target, to="paused")
    do(bench, "state", target=target, to="open")
    assert state(bench) == S.OPEN and peer.ask(bench.order(12, "a3"))[0].state == "open"
    told = do(bench, "status")
    assert told[1:] == ["H100 OPEN"]


@pytest.mark.rule("STATE-001")
def test_the_status_names_an_instrument_that_is_stricter_than_its_group(bench: Bench) -> None:
    do(bench, "state", target=SYMBOL, to="halt")
    assert do(bench, "status")[1:] == ["H100 OPEN", f"{SYMBOL} HALT"]


@pytest.mark.rule("AUC-014")
def test_an_auction_beyond_its_collar_waits_for_the_operator_who_clamps_it(bench: Bench) -> None:
    bench.venue.states["guards"]["collar_ticks"][0, 1] = 5
    do(bench, "state", target=CHIP, to="paused")
    stays = {"cancel_on_disconnect": False}
    buyer, seller = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    buyer.ask(bench.order(10, "a1", price_tick=bench.price + 10, order_lots=10, **stays))
    seller.ask(bench.order(10, "b1", side="s", price_tick=bench.price + 3, **stays))
    assert f"{SYMBOL} RESERVED collar" in do(bench, "state", target=CHIP, to="open")
    for _ in range(2):
        bench.clock.now += 31 * NS_PER_S
        bench.pass_ms(100)
    assert state(bench) == S.RESERVED
    assert "clamp is only for open" in refused(bench, "state", target=SYMBOL, to="halt", clamp=True)
    do(bench, "state", target=SYMBOL, to="open", clamp=True)
    assert state(bench) == S.OPEN
    assert (query.statistics(bench.venue.states, 1).last, query.statistics(bench.venue.states, 1).volume) == (
        bench.price + 5,
        5,
    )


@pytest.mark.rule("SESSION-003", "BAND-013", "BAND-012", "MDATA-014")
def test_a_closed_group_opens_only_after_its_settlement_within_the_limits_around_it(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(
        Subscribe(
            request_id=1,
            channels=[
                ChannelSpec(name_of_channel="instruments"),
                ChannelSpec(name_of_channel="status", instrument=bench.instrument),
            ],
        )
    )
    assert "no group is CLOSED" in refused(bench, "settle")
    assert "its group is not CLOSED" in refused(bench, "settle", chips=[CHIP])
    do(bench, "state", target=CHIP, to="closed")
    assert refused(bench, "state", target=CHIP, to="preopen") == (
        "H100 stays CLOSED: 1 books wait for their settlement (SESSION-003)"
    )
    assert do(bench, "status")[1:] == ["H100 CLOSED, 1 books wait for their settlement"]
    peer.take()
    settle_tick = bench.price + 10
    told = do(bench, "settle", prices={SYMBOL: settle_tick})
    assert told == [f"H100: settled, limits for {coming_day(bench)} set"]
    width = settle_tick * 2_000 // 10_000
    (defined,) = [message for message in peer.take() if isinstance(message, Instruments)]
    assert defined.rows[0].revision == 2 and defined.rows[0].settle_tick == settle_tick
    assert defined.rows[0].limit_ticks == (settle_tick - width, settle_tick + width)
    windows = bench.venue.states["guards"][0][1]["windows"]["width_ticks"].tolist()
    assert windows == [settle_tick * 300 // 10_000, settle_tick * 1_000 // 10_000]
    assert do(bench, "state", target=CHIP, to="preopen") == ["H100 PREOPEN operator"]
    shown = [message for message in peer.take() if isinstance(message, Status)]
    assert (shown[-1].phase, shown[-1].low_tick) == ("PREOPEN", settle_tick - width)
    do(bench, "state", target=CHIP, to="open")
    assert peer.ask(bench.order(11, "high", price_tick=settle_tick + width + 1))[0].name == "PRICE_BAND"
    stale = peer.ask(bench.order(12, "old", revision=1))[0]
    assert isinstance(stale, Err) and stale.name == "STALE_REV"


@pytest.mark.rule("BAND-013")
def test_a_settlement_at_the_limit_doubles_the_next_days_width(bench: Bench) -> None:
    row = bench.venue.table.row(1)
    do(bench, "state", target=CHIP, to="closed")
    do(bench, "settle", prices={SYMBOL: row.high_tick})
    after = bench.venue.table.row(1)
    assert after.high_tick - after.settle_tick == 2 * (row.high_tick * 2_000 // 10_000)


@pytest.mark.rule("BAND-004", "SEC-061")
def test_an_order_that_new_limits_cover_no_more_waits_unseen_until_they_do(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    low = bench.venue.table.row(1).low_tick
    peer.ask(bench.order(10, "low", tif="gtc", price_tick=low))
    do(bench, "state", target=CHIP, to="closed")
    do(bench, "settle", prices={SYMBOL: bench.price + 100})
    (order,) = query.open_orders(bench.venue.states, 1)
    assert order.shown_lots == 0, "parked"
    again = refused(bench, "settle", chips=[CHIP], prices={SYMBOL: bench.price})
    assert "is published and never changes (SETTLE-011)" in again
    bench.clock.now += DAY_NS
    do(bench, "settle", chips=[CHIP], prices={SYMBOL: bench.price})
    (order,) = query.open_orders(bench.venue.states, 1)
    assert order.shown_lots == 5


@pytest.mark.rule("SEC-061", "BAD-065")
def test_a_settlement_that_needs_two_people_or_is_none_is_refused(bench: Bench) -> None:
    do(bench, "state", target=CHIP, to="closed")
    row = bench.venue.table.row(1)
    for price in (0, -1, 100_001):
        assert " is not in 0.001..100.000 dollars" in refused(bench, "settle", prices={SYMBOL: price})
    for price in (1, row.low_tick - 1, row.high_tick + 1, 100_000):
        assert refused(bench, "settle", prices={SYMBOL: price}).startswith(f"NEEDS_TWO: {SYMBOL}: settlement {price} ")
    assert refused(bench, "settle", prices={"H100.G90.X99": 5}) == "no instrument H100.G90.X99 is listed"
    assert refused(bench, "settle", chips=["A100"]) == "no chip A100 is listed"
    assert refused(bench, "settle", day="tomorrow") == "day 'tomorrow' is not a day like 2026-11-23"
    assert "is more than 7 days from 2026-" in refused(bench, "settle", day="1999-01-01")


@pytest.mark.rule("SESSION-003")
def test_a_restart_remembers_the_settlement_that_the_journal_tells(tmp_path: Path) -> None:
    for settled in (False, True):
        folder = str(tmp_path / str(settled))
        with Bench(folder) as bench:
            do(bench, "state", target=CHIP, to="closed")
            if settled:
                do(bench, "settle")
        with Bench(folder) as again:
            if settled:
                do(again, "state", target=CHIP, to="preopen")
            else:
                assert "SESSION-003" in refused(again, "state", target=CHIP, to="preopen")


@pytest.mark.rule("PRO-003")
@pytest.mark.parametrize("target", [CHIP, SYMBOL])
def test_lead_market_makers_are_named_while_the_market_trades(bench: Bench, target: str) -> None:
    why = f"{target} is not pro-rata: only such books have lead market makers (PRO-003)"
    assert refused(bench, "lead_makers", target=target, makers=[(2, 30)]) == why
    bench.venue.states["books"]["matching"][0, 1] = Matching.PRO_RATA
    bench.venue.states["books"]["features"][0, 1] = BookFeature.PRO_RATA
    bench.venue.states["allocation"]["top"][0, 1] = False
    peers = [bench.connect(key) for key in bench.keys[1:]]

    def got(request_id: int) -> list[int]:
        """What sellers 1 and 2, who show 50 each, get of 20 lots bought."""
        for peer, name in zip(peers[:2], "ab", strict=True):
            peer.ask(bench.order(request_id, f"{name}{request_id}", side="s", order_lots=50))
        peers[2].ask(bench.order(request_id, f"c{request_id}", order_lots=20))
        fills = [[message.lots for message in peer.take() if isinstance(message, Fill)] for peer in peers[:2]]
        for peer in peers[:2]:
            peer.ask(CancelAll(request_id=request_id + 1))
        return [sum(lots) for lots in fills]

    assert got(10) == [10, 10]
    told = do(bench, "lead_makers", target=target, makers=[(2, 30)])
    assert told == [f"{target}: lead market makers account 2 30%; 1 books"]
    assert got(20) == [8, 12], "6 first, of the other 14 by what is left of 50 and 50"
    assert do(bench, "lead_makers", target=target, makers=[]) == [f"{target}: lead market makers none; 1 books"]
    assert got(30) == [10, 10]
    assert refused(bench, "lead_makers", target=target, makers=[(9, 30)]) == "account 9 is not defined"
    assert "percent of all lead makers 51 not in 0..50" in refused(
        bench, "lead_makers", target=target, makers=[(1, 30), (2, 21)]
    )
    assert "stands once" in refused(bench, "lead_makers", target=target, makers=[(1, 3), (1, 2)])
    assert "percent 0 not in 1..50" in refused(bench, "lead_makers", target=target, makers=[(1, 0)])
    assert "'X' is neither" in refused(bench, "lead_makers", target="X", makers=[])


@pytest.mark.rule("SETTLE-002", "SETTLE-003", "SETTLE-004")
def test_a_dry_run_says_what_the_venue_would_settle_at_and_changes_nothing(bench: Bench) -> None:
    before = bench.venue.engine.state_hash()
    assert do(bench, "settlements") == [f"{SYMBOL} {bench.price / 1_000:.3f} T3 (0.000)"]
    assert bench.venue.engine.state_hash() == before
    bench.connect(bench.keys[1]).ask(bench.order(10, "bid", price_tick=bench.price + 7))
    assert do(bench, "settlements", chips=[CHIP]) == [f"{SYMBOL} {(bench.price + 7) / 1_000:.3f} T2 (+0.007)"]
    assert refused(bench, "settlements", chips=["A100"]) == "no chip A100 is listed"
    do(bench, "state", target=CHIP, to="closed")
    assert do(bench, "settlements") == [f"{SYMBOL} {(bench.price + 7) / 1_000:.3f} T2 (+0.007)"], "as at the close"
