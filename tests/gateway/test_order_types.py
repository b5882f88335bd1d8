"""Order types and instructions as a member sends them; what the engine makes of them is judged by the scenarios."""

import pytest
from msgspec import UNSET

from exchange.engine import query
from exchange.wire.messages import Cancel, Err, Exec, Ok, Query, Replace
from tests.gateway.harness import Bench


def prices(bench: Bench, peer: object) -> list[tuple[str, int, int]]:
    """(side, price, lots left) of an account's open orders."""
    orders = peer.ask(Query(request_id=1, what="open"))[0].orders  # type: ignore[attr-defined]
    return [(order.side, order.price_tick - bench.price, order.leaves_lots) for order in orders]


@pytest.mark.rule("ORDER-008", "ORDER-009", "ORDER-010")
def test_market_order_trades_as_far_as_its_protection_and_rests_there(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    alone = peer.ask(bench.order(10, "a0", order_type="market", price_tick=UNSET))[0]
    assert isinstance(alone, Err) and alone.name == "NO_OPPOSITE_SIDE"
    points = int(bench.venue.states["books"]["protection_ticks"][0, 1])
    assert points == 50, "the product's protection points arrive in the engine"
    for number, away in enumerate((0, points, points + 1)):
        other.ask(bench.order(10 + number, f"b{number}", side="s", order_lots=2, price_tick=bench.price + away))
    answer = peer.ask(bench.order(11, "a1", order_type="market", price_tick=UNSET))[0]
    assert isinstance(answer, Ok) and (answer.filled_lots, answer.leaves_lots) == (4, 1)
    assert prices(bench, peer) == [("b", points, 1)]
    assert prices(bench, other) == [("s", points + 1, 2)]


@pytest.mark.rule("ORDER-012")
def test_price_of_a_market_order_tightens_its_protection(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    other.ask(bench.order(10, "b1", side="s", order_lots=2))
    peer.ask(bench.order(10, "a1", order_type="market", price_tick=bench.price + 3, order_lots=4))
    assert prices(bench, peer) == [("b", 3, 2)]


@pytest.mark.rule("ORDER-011")
def test_market_to_limit_rests_at_the_best_price_it_found(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    other.ask(bench.order(10, "b1", side="s", order_lots=2))
    other.ask(bench.order(11, "b2", side="s", order_lots=2, price_tick=bench.price + 1))
    peer.ask(bench.order(10, "a1", order_type="mtl", price_tick=UNSET, order_lots=3))
    assert prices(bench, peer) == [("b", 0, 1)]


@pytest.mark.rule("TIF-006")
def test_post_only_order_slides_one_tick_away(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    other.ask(bench.order(10, "b1", side="s"))
    answer = peer.ask(bench.order(10, "a1", post_only="slide", price_tick=bench.price + 7))[0]
    assert isinstance(answer, Ok) and answer.filled_lots == 0
    assert prices(bench, peer) == [("b", -1, 5)]


@pytest.mark.rule("BAD-054", "SMP-001", "SMP-002")
def test_own_resting_order_is_cancelled_instead_of_traded_with(bench: Bench) -> None:
    """An account made with its key does not trade with itself; the other account is met as ever."""
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    peer.ask(bench.order(10, "a1", side="s", order_lots=2))
    other.ask(bench.order(10, "b1", side="s", order_lots=2))
    peer.take()
    answer = peer.ask(bench.order(11, "a2", order_lots=5))
    assert (answer[0].filled_lots, answer[0].leaves_lots) == (2, 3)
    reasons = [message.reason for message in answer if isinstance(message, Exec) and message.event == "cancelled"]
    assert reasons == ["smp"]


@pytest.mark.rule("ICE-001", "ICE-002", "ICE-003")
def test_iceberg_shows_slice_after_slice_and_its_owner_gets_each(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    peer.ask(bench.order(10, "a1", side="s", order_lots=5, display_lots=2))
    assert query.depth(bench.venue.states, 1)[1][0][1] == 2, "the feed shows the slice alone"
    peer.take()
    answer = other.ask(bench.order(10, "b1", order_lots=4))[0]
    assert (answer.filled_lots, answer.leaves_lots) == (4, 0)
    slices = [message.event for message in peer.take() if isinstance(message, Exec)]
    assert slices == ["slice", "slice"]
    assert prices(bench, peer) == [("s", 0, 1)]


@pytest.mark.rule("ORDER-001", "ENTRY-002")
@pytest.mark.parametrize("key", ["order_lots", "display_lots", "minimum_lots"])
def test_lots_that_are_given_are_at_least_one(bench: Bench, key: str) -> None:
    """None is not the same as 0: a peak of 0 would show the whole order."""
    peer = bench.connect(bench.keys[1])
    for extra in ({}, {"expiry_us": 5}):  # with a second fault of a lower rank too
        refusal = peer.ask(bench.order(10, "a1", **{key: 0}, **extra))[0]
        assert isinstance(refusal, Err) and (refusal.name, refusal.applied) == ("LOTS_RANGE", "no")
        assert " 0 is not in 1..10000 (field " in refusal.message
    assert isinstance(peer.ask(bench.order(10, "a1"))[0], Ok)


@pytest.mark.rule("ICE-005")
def test_replace_may_change_what_an_iceberg_shows(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1", side="s", order_lots=5, display_lots=2))
    assert isinstance(peer.ask(Replace(request_id=11, client_order_id="a1", display_lots=3))[0], Ok)
    assert query.depth(bench.venue.states, 1)[1][0][1] == 3
    assert isinstance(peer.ask(Replace(request_id=12, client_order_id="a1", order_lots=4))[0], Ok)
    assert query.depth(bench.venue.states, 1)[1][0][1] == 3, "hidden lots go first"
    refusal = peer.ask(Replace(request_id=13, client_order_id="a1", display_lots=0))[0]
    assert isinstance(refusal, Err) and refusal.name == "LOTS_RANGE"


@pytest.mark.rule("STOP-001", "STOP-003", "STOP-006")
def test_stop_waits_as_pending_is_triggered_by_a_trade_and_then_works(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    terms = {"order_type": "stop", "price_tick": UNSET, "trigger_tick": bench.price + 2}
    answer = peer.ask(bench.order(10, "a1", **terms))[0]
    assert isinstance(answer, Ok) and (answer.state, answer.leaves_lots) == ("pending", 5)
    assert query.depth(bench.venue.states, 1) == ([], []), "a stop that waits is not visible"
    (waiting,) = peer.ask(Query(request_id=1, what="open"))[0].orders
    assert (waiting.state, waiting.order_type) == ("pending", "stop")
    peer.take()
    other.ask(bench.order(10, "b1", side="s", order_lots=1, price_tick=bench.price + 2))
    other.ask(bench.order(11, "b2", side="b", order_lots=1, price_tick=bench.price + 2))
    told = [message.event for message in peer.take() if isinstance(message, Exec)]
    assert told == [], "an owner does not trade with its own orders, and no trade triggers"
    third = bench.connect(bench.keys[1])
    third.ask(bench.order(12, "a2", side="s", order_lots=1, price_tick=bench.price + 2))
    told = [message for message in peer.take() if isinstance(message, Exec) and message.event == "triggered"]
    assert [(message.client_order_id, message.state) for message in told] == [("a1", "open")]


@pytest.mark.rule("STOP-002", "REPL-007", "ENTRY-010")
def test_trigger_of_a_waiting_stop_is_replaced_until_it_is_triggered(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    other.ask(bench.order(10, "b1", side="s", order_lots=1))
    peer.ask(bench.order(10, "a1", order_lots=1))
    terms = {"order_type": "stop_limit", "price_tick": bench.price - 9, "trigger_tick": bench.price + 2}
    peer.ask(bench.order(11, "st", **terms))
    changed = peer.ask(Replace(request_id=12, client_order_id="st", trigger_tick=bench.price + 1))[0]
    assert (changed.state, changed.priority, changed.price_tick) == ("pending", "lost", bench.price - 9)
    changed = peer.ask(Replace(request_id=13, client_order_id="st", trigger_tick=bench.price))[0]
    assert (changed.state, changed.leaves_lots) == ("open", 5)
    late = peer.ask(Replace(request_id=14, client_order_id="st", trigger_tick=bench.price + 5))[0]
    assert isinstance(late, Err) and late.name == "ALREADY_TRIGGERED"
    assert prices(bench, peer) == [("b", -9, 5)]


@pytest.mark.rule("TIF-009", "REPL-001")
def test_order_good_till_a_time_takes_its_end_from_till(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    end_us = bench.clock.wall_us() + 60_000_000
    peer.ask(bench.order(10, "a1", tif="gtd", expiry_us=end_us))
    later = peer.ask(Replace(request_id=11, client_order_id="a1", tif="gtd", expiry_us=end_us + 5))[0]
    assert isinstance(later, Ok) and later.priority == "kept"
    assert int(bench.venue.states["orders"]["expiry_ns"][0, 1]) == (end_us + 5) * 1_000


@pytest.mark.rule("STOP-002")
def test_stop_may_ask_to_be_refused_instead_of_elected_at_once(bench: Bench) -> None:
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    other.ask(bench.order(10, "b1", side="s", order_lots=1))
    peer.ask(bench.order(10, "a1", order_lots=1))
    terms = {"order_type": "stop", "price_tick": UNSET, "reject_if_elected": True}
    refused = peer.ask(bench.order(11, "a2", trigger_tick=bench.price - 1, **terms))[0]
    assert isinstance(refused, Err) and refused.name == "ALREADY_TRIGGERED"
    waiting = peer.ask(bench.order(12, "a3", trigger_tick=bench.price + 1, **terms))[0]
    assert isinstance(waiting, Ok) and waiting.state == "pending"
    odd = peer.ask(bench.order(13, "a4", reject_if_elected=True))[0]
    assert isinstance(odd, Err) and (odd.name, odd.message[:3]) == ("NOT_ALLOWED_TOGETHER", "rie")


@pytest.mark.rule("WIRE-020", "BAND-001")
def test_refusal_for_the_price_says_which_prices_are_taken(bench: Bench) -> None:
    """The reject band is narrower than the day's limits: what a refusal names is what the next order may have."""
    peer = bench.connect(bench.keys[1])
    low, high = (int(bench.venue.states["books"][name][0, 1]) for name in ("low_tick", "high_tick"))
    assert low < bench.price - 200 and bench.price + 200 < high
    for side, lo, hi in (("b", low, bench.price + 200), ("s", bench.price - 200, high)):
        beyond = hi + 1 if side == "b" else lo - 1
        refused = peer.ask(bench.order(10 + hi, f"{side}1", side=side, price_tick=beyond))[0]
        assert isinstance(refused, Err)
        assert (refused.name, refused.low_tick, refused.high_tick) == ("PRICE_BAND", lo, hi)
        edge = hi if side == "b" else lo
        taken = peer.ask(bench.order(11 + hi, f"{side}2", side=side, price_tick=edge, order_lots=1))[0]
        assert isinstance(taken, Ok)
        moved = peer.ask(Replace(request_id=12 + hi, client_order_id=f"{side}2", price_tick=beyond))[0]
        assert isinstance(moved, Err)
        assert (moved.name, moved.low_tick, moved.high_tick) == ("PRICE_BAND", lo, hi)
        peer.ask(Cancel(request_id=13 + hi, client_order_id=f"{side}2"))


@pytest.mark.rule("WIRE-020", "MARGIN-013")
def test_refusal_for_the_money_says_what_is_needed_and_what_is_free(bench: Bench) -> None:
    peer = bench.connect(bench.opened.make_key("poor", 40, 5_000_000))
    free_margin_mills = peer.ask(Query(request_id=1, what="margin"))[0].margin.free_margin_mills
    refused, told = peer.ask(bench.order(10, "a", order_lots=10_000))[:2]
    assert isinstance(refused, Err) and (refused.name, refused.free_margin_mills) == ("MARGIN", free_margin_mills)
    assert refused.need_mills is not None and refused.need_mills > free_margin_mills
    assert isinstance(told, Exec) and (told.event, told.value_tick_lots) == ("rejected", 0)
    lots = 10_000 * free_margin_mills // refused.need_mills
    assert isinstance(peer.ask(bench.order(11, "b", order_lots=lots))[0], Ok), "that many the account can carry"
    more = peer.ask(Replace(request_id=12, client_order_id="b", order_lots=lots + 1))[0]
    assert isinstance(more, Err) and (more.name, more.need_mills) == ("MARGIN", refused.need_mills // 10_000)
