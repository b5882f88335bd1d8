"""What the operator does to a venue that serves, and what its clients see of it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from exchange.codes import BookFeature, MarketState, Matching
from exchange.engine import query
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.operator.desk import OperatorDesk
from exchange.operator.requests import Answer
from exchange.units import MONEY_MAX, NS_PER_S
from exchange.wire.messages import (
    CancelAll,
    ChannelSpec,
    Err,
    Exec,
    Fill,
    Instruments,
    KillEvent,
    Live,
    Ok,
    Shutdown,
    Status,
    Subscribe,
)
from tests.gateway.harness import SYMBOL, Bench
from tests.operator.asking import answer_to, coming_day, do, refused

CHIP = "H100"
DAY_NS = 86_400 * NS_PER_S
S = MarketState


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


def state(bench: Bench) -> MarketState:
    return query.market_state(bench.venue.states, 1)


# The market.


@pytest.mark.rule("STATE-001")
def test_one_market_changes_alone_only_while_its_group_is_open(bench: Bench) -> None:
    do(bench, "state", target=CHIP, to="paused")
    assert refused(bench, "state", target=SYMBOL, to="halt") == (
        f"{SYMBOL}: its group is PAUSED, one market alone changes while it is OPEN (STATE-001)"
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
    assert "clamp belongs to the way to OPEN" in refused(bench, "state", target=SYMBOL, to="halt", clamp=True)
    do(bench, "state", target=SYMBOL, to="open", clamp=True)
    assert state(bench) == S.OPEN
    day = query.statistics(bench.venue.states, 1)
    assert (day.last, day.volume) == (bench.price + 5, 5)


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
    assert again.startswith(f"NEEDS_TWO: {SYMBOL}: settlement {bench.price + 100} is published already")
    bench.clock.now += DAY_NS
    do(bench, "settle", chips=[CHIP], prices={SYMBOL: bench.price})
    (order,) = query.open_orders(bench.venue.states, 1)
    assert order.shown_lots == 5


@pytest.mark.rule("SEC-061", "BAD-065")
def test_a_settlement_that_needs_two_people_or_is_none_is_refused(bench: Bench) -> None:
    do(bench, "state", target=CHIP, to="closed")
    row = bench.venue.table.row(1)
    for price in (0, -1, row.low_tick - 1, row.high_tick + 1, 100 * row.settle_tick):
        assert refused(bench, "settle", prices={SYMBOL: price}).startswith(f"NEEDS_TWO: {SYMBOL}: settlement {price} ")
    assert refused(bench, "settle", prices={"H100.G90.X99": 5}) == "no instrument H100.G90.X99 is listed"
    assert refused(bench, "settle", chips=["A100"]) == "no chip A100 is listed"
    assert refused(bench, "settle", day="tomorrow") == "day 'tomorrow' is not a day like 2026-11-23"
    assert "holiday" in refused(bench, "settle", day="1999-01-01")


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


@pytest.mark.rule("DUR-083")
def test_nothing_is_told_before_it_is_durable(bench: Bench) -> None:
    desk = OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock)
    answers: list[Answer] = []
    bench.hold = True
    for line in (b'{"do":"state","target":"H100","to":"paused"}', b'{"do":"money","account":1,"mills":5}'):
        desk.take(line, answers.append)
        bench.settle()
    assert answers == []
    bench.hold = False
    bench.settle()
    assert [answer.ok for answer in answers] == [True, True]
    bench.venue.small_commit_rows = 4
    journal, written = bench.venue.journal, []
    for name in ("append", "append_control"):
        real = getattr(journal, name)
        watched = partial(lambda real, *body: (written.append(len(answers)), real(*body)), real)
        setattr(journal, name, watched)
    desk.take(b'{"do":"state","target":"H100","to":"open"}', answers.append)
    bench.settle()
    assert written == [2, 2] and len(answers) == 3, "the act and its row are on disk before the answer leaves"


def test_a_planned_stop_is_told_to_everybody_before_it_comes(bench: Bench) -> None:
    stopped: list[bool] = []
    desk = OperatorDesk(
        bench.venue, bench.gateway, bench.opened.spec, bench.clock, on_stop=lambda: stopped.append(True)
    )  # fmt: skip
    answers: list[Answer] = []
    early = bench.connect(bench.keys[1])
    early.take()
    for line in (b'{"do":"stop","in_s":600}', b'{"do":"stop","in_s":3,"why":"deploy"}'):
        desk.take(line, answers.append)
    told = [message for message in early.take() if isinstance(message, Shutdown)]
    assert [(message.reason, message.retry_ms) for message in told] == [
        ("maintenance", (500, 5_000)), ("deploy", (500, 5_000)),
    ]  # fmt: skip
    assert told[1].at_us == bench.clock.wall_us() + 3_000_000
    late = bench.open()
    assert any(isinstance(message, Shutdown) for message in late.told_first), "right behind the greeting"
    bench.pass_ms(2_900)
    assert not stopped
    bench.pass_ms(200)
    assert stopped == [True] and [answer.ok for answer in answers] == [True, True]


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


# Members.


@pytest.mark.rule("LIMIT-001", "MARGIN-012")
def test_limits_of_an_account_change_while_it_trades_and_what_is_not_given_stays(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    do(bench, "account", account=1, position_lots_max=7)
    too_large = peer.ask(bench.order(10, "a1", order_lots=8))[0]
    assert isinstance(too_large, Err) and too_large.name == "POSITION_LIMIT"
    do(bench, "account", account=1, close_only=True)
    assert peer.ask(bench.order(11, "a2", order_lots=7))[0].name == "CLOSE_ONLY"
    do(bench, "account", account=1, close_only=False)
    assert peer.ask(bench.order(12, "a3", order_lots=7))[0].state == "open"
    assert peer.ask(bench.order(13, "a4", order_lots=1))[0].name == "POSITION_LIMIT"
    assert "not in 1..64" in refused(bench, "account", account=65)
    assert "order_lots_max" in refused(bench, "account", account=1, order_lots_max=10**6)


@pytest.mark.rule("SPEC-004", "BAD-064")
def test_more_money_than_a_venue_counts_is_refused_with_what_is_still_taken(bench: Bench) -> None:
    room = MONEY_MAX - query.totals(bench.venue.states).deposits_mills
    while room > 10**15:
        do(bench, "money", account=1, mills=10**15)
        room -= 10**15
    told = f"deposit of {room + 1} mills: {room} more are taken, all deposits of a venue are at most 10{'0' * 17} mills"
    assert refused(bench, "money", account=1, mills=room + 1).startswith(told)
    public = encode_bytes(KeyPair("k_rich", 9, bytes([9]) * 32).public())
    why = refused(bench, "key", key="k_rich", public=public, account=9, scopes=["read"], mills=room + 1)
    assert why.startswith(f"deposit {room + 1} not in 0..{room}: all deposits of a venue")
    assert "k_rich" not in bench.gateway.keys.keys and 9 not in query.accounts(bench.venue.states)
    do(bench, "money", account=1, mills=room)


@pytest.mark.rule("MARGIN-013", "BAD-064")
def test_money_is_paid_in_and_out_as_far_as_it_is_free(bench: Bench) -> None:
    free = query.margin(bench.venue.states, 1).free_margin_mills
    do(bench, "money", account=1, mills=500)
    do(bench, "money", account=1, mills=-(free + 500))
    assert query.margin(bench.venue.states, 1).cash_mills == 0
    assert refused(bench, "money", account=1, mills=-1) == "withdraw of 1 mills: free funds are 0 mills (MARGIN-015)"
    assert "not defined" in refused(bench, "money", account=9, mills=5)
    assert "moves nothing" in refused(bench, "money", account=1, mills=0)
    assert "Expected `int` <=" in refused(bench, "money", account=1, mills=2**63 - 1)


@pytest.mark.rule("KILL-001", "KILL-004", "BAD-060")
def test_the_venues_own_stop_is_lifted_by_the_venue_alone(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"))
    assert do(bench, "kill", scope="account", number="1") == ["account 1 stopped; 1 orders cancelled"]
    told = peer.take()
    assert [(message.on, message.by) for message in told if isinstance(message, KillEvent)] == [(True, "venue")]
    assert [message.reason for message in told if isinstance(message, Exec)] == ["kill"]
    assert peer.ask(bench.order(11, "a2"))[0].name == "KILLED"
    assert do(bench, "kill", scope="account", number="1", on=False) == ["account 1 let in again"]
    assert peer.ask(bench.order(12, "a3"))[0].state == "open"
    session = peer.connection.session
    assert session is not None
    do(bench, "kill", scope="session", number=session.name)
    assert peer.ask(bench.order(13, "a4"))[0].name == "KILLED"
    for scope, number in (
        ("account", "0"),
        ("account", "x"),
        ("session", "s_1"),
        ("firm", str(2**32)),
        ("firm", "9" * 5_000),
    ):
        assert f"names no {scope}" in refused(bench, "kill", scope=scope, number=number)


@pytest.mark.rule("KILL-001", "ACCT-011")
@pytest.mark.parametrize("firm", [2**31 - 1, 2**31, 2**32 - 1])
def test_a_firm_of_any_number_is_stopped(bench: Bench, firm: int) -> None:
    do(bench, "account", account=2, firm=firm)
    peer = bench.connect(bench.keys[2])
    do(bench, "kill", scope="firm", number=str(firm))
    assert peer.ask(bench.order(10, "a"))[0].name == "KILLED"
    do(bench, "kill", scope="firm", number=str(firm), on=False)
    assert peer.ask(bench.order(11, "a"))[0].state == "open"


@pytest.mark.rule("SEC-001", "SEC-063")
def test_a_key_is_made_and_revoked_on_a_running_venue(bench: Bench) -> None:
    pair = KeyPair("k_new", 9, bytes([9] * 32))
    public = encode_bytes(pair.public())
    do(bench, "key", key="k_new", public=public, account=9, scopes=["read", "trade"], mills=10**9)
    peer = bench.connect(pair)
    assert peer.ask(bench.order(10, "a1"))[0].state == "open"
    assert "exists already" in refused(bench, "key", key="k_new", public=public, account=9, scopes=["read"])
    assert "scope admin" in refused(bench, "key", key="k_b", public=public, account=9, scopes=["admin", "read"])
    assert "not in 1..64" in refused(bench, "key", key="k_b", public=public, account=65, scopes=["read"])
    assert do(bench, "revoke", key="k_new") == ["key k_new revoked"]
    assert peer.transport.closed == (4011, "key revoked")
    again = bench.open().log_on(pair)
    assert isinstance(again[0], Err) and again[0].name == "BAD_AUTH"
    assert refused(bench, "revoke", key="k_none") == "there is no key k_none"
    bench.close()
    with Bench(bench.folder) as after:
        assert isinstance(after.open().log_on(pair)[0], Err), "the journal says it too"
        assert isinstance(after.open().log_on(after.keys[1])[-1], Live)
    bench.close = lambda: None  # type: ignore[method-assign]


def test_commands_of_clients_and_controls_keep_their_order(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    bench.hold = True
    peer.send(bench.order(10, "a1"))
    desk = OperatorDesk(bench.venue, bench.gateway, bench.opened.spec, bench.clock)
    answers: list[Answer] = []
    desk.take(b'{"do":"account","account":1,"order_lots_max":4}', answers.append)
    peer.send(bench.order(11, "a2"))
    assert answers == []
    bench.hold = False
    first, second = [message for message in peer.take() if isinstance(message, Ok | Err)]
    assert isinstance(first, Ok) and isinstance(second, Err) and second.name == "LOTS_RANGE"
    assert second.engine_sequence == first.engine_sequence + 3 and answers[0].ok, "the act, and what it became"


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b'{"do":"fly"}', b'{"do":"status","x":1}', b'{"do":"state"}', b"\xff", b"[" * 5_000]
)
def test_a_line_that_is_no_request_says_what_is_wrong(bench: Bench, line: bytes) -> None:
    answer = answer_to(bench, line)
    assert not answer.ok and answer.why
