"""The operator's requests about members, and what clients see of them."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from exchange.clearing_codes import HouseAccount
from exchange.engine import query
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.units import MONEY_MAX
from exchange.wire.messages import (
    Err,
    Exec,
    KillEvent,
    Live,
    MarginView,
)
from tests.gateway.harness import SYMBOL, Bench
from tests.operator.asking import do, refused
from tests.publish.daily.days import end_day, open_bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


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
    room = MONEY_MAX + query.totals(bench.venue.states).house_mills[HouseAccount.DEPOSITS]
    while room > 10**15:
        do(bench, "money", account=1, mills=10**15)
        room -= 10**15
    bound = f"all deposits of a venue are at most 10{'0' * 17} mills"
    told = f"deposit of {room + 1} mills: at most {room} more are accepted, {bound}"
    assert refused(bench, "money", account=1, mills=room + 1).startswith(told)
    public = encode_bytes(KeyPair("k_rich", 9, bytes([9]) * 32).public())
    why = refused(bench, "key", key="k_rich", public=public, account=9, scopes=["read"], mills=room + 1)
    assert why.startswith(f"deposit {room + 1} not in 0..{room}: all deposits of a venue")
    assert "k_rich" not in bench.gateway.keys.keys and 9 not in query.accounts(bench.venue.states)
    do(bench, "money", account=1, mills=room)


@pytest.mark.rule("INV-018")
def test_an_operator_sees_the_balances_of_the_ledger_and_that_they_sum_to_zero(bench: Bench) -> None:
    do(bench, "money", account=1, mills=-2_000)
    buyer, seller = (bench.connect(bench.keys[account]) for account in (1, 2))
    buyer.ask(bench.order(10, "a1", order_lots=3))
    seller.ask(bench.order(11, "b1", side="s", order_lots=3, tif="ioc"))
    totals = query.totals(bench.venue.states)
    paid_in, fees = (totals.house_mills[house] for house in (HouseAccount.DEPOSITS, HouseAccount.FEES))
    assert fees > 0
    assert do(bench, "ledger") == [
        f"deposits {paid_in:,} mills", "withdrawals 2,000 mills", f"fees {fees:,} mills", "variation 0 mills",
        "rounding 0 mills", "default 0 mills", f"customers {-paid_in - 2_000 - fees:,} mills", "sum 0 mills",
    ]  # fmt: skip


@pytest.mark.rule("SETTLE-013")
def test_an_operator_sees_the_statement_of_an_account(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        assert do(bench, "statement", account=2)[:3] == [
            "no trading day is settled yet", "since then", f"  opening         {0:>24} mills",
        ]  # fmt: skip
        assert refused(bench, "statement", account=9) == "account 9 is not defined"
        end_day(bench, 1, (bench.price + 10, 4), (bench.price + 13, 2))
        lines = do(bench, "statement", account=2)
        assert lines[0] == "2026-11-18" and lines[9] == "since then"
        last, _ = bench.venue.questions.statements(2)
        assert last is not None
        shown = {line.split()[0]: int(line.split()[-2].replace(",", "")) for line in lines[1:9]}
        assert shown == {
            "opening": 0, "variation": last.variation_mills, "fees": last.fees_mills, "delivery": 0,
            "moved": last.moved_mills, "adjusted": 0, "closing": last.closing_mills,
            "initial": last.initial_margin_mills,
        }  # fmt: skip


@pytest.mark.rule("MARGIN-013", "BAD-064")
def test_money_is_paid_in_and_out_as_far_as_it_is_free(bench: Bench) -> None:
    free = query.margin(bench.venue.states, 1).free_margin_mills
    do(bench, "money", account=1, mills=500)
    do(bench, "money", account=1, mills=-(free + 500))
    assert query.margin(bench.venue.states, 1).cash_mills == 0
    assert refused(bench, "money", account=1, mills=-1) == "withdraw of 1 mills: free funds are 0 mills (MARGIN-015)"
    assert "not defined" in refused(bench, "money", account=9, mills=5)
    assert "must not be 0" in refused(bench, "money", account=1, mills=0)
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
    assert do(bench, "kill", scope="account", number="1", on=False) == ["account 1 no longer stopped"]
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


@pytest.mark.rule("MARGIN-018")
def test_an_operator_sees_what_the_margin_of_an_account_would_be(bench: Bench) -> None:
    (now,) = do(bench, "margin", account=1)
    first, then = do(bench, "margin", account=1, orders=[(SYMBOL, "b", bench.price, 4)], positions=[(SYMBOL, -3)])
    assert first == now
    before, after = (msgspec.json.decode(line, type=MarginView) for line in (now, then))
    assert before.total is not None and before.total.required_mills == 0 < before.free_margin_mills
    assert after.total is not None and after.total.required_mills > 0
    assert [part.commodity for part in after.parts] == ["H100"]
    (result,) = after.results
    assert not result.code and result.free_margin_mills - result.need_mills == after.free_margin_mills
    assert "account 9 is not defined" in refused(bench, "margin", account=9)
    assert "no instrument H100.G90.X99 is listed" in refused(
        bench, "margin", account=1, positions=[("H100.G90.X99", 1)]
    )
    why = refused(bench, "margin", account=1, orders=[(SYMBOL, "b", bench.price, 10_001)])
    assert why.startswith("LOTS_RANGE: lots 10001 not in 1..10000")
