"""Replay: advancing, own orders among recorded ones, forks and earlier places."""

from functools import cache

import pytest

from bench import Latency, Replay
from bench.replay import replay_tape
from bench.research.orders import OrderError
from bench.research.sources import open_source
from bench.tapes.tape import Tape
from exchange.codes import OrderState
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import NAMED
from tests.bench.research.small_flow import small_flow

small = cache(small_flow)


def test_without_own_orders_a_replay_has_the_state_hash_of_the_tape() -> None:
    tape = small()
    expected = replay_tape(tape, Engine(NAMED[tape.limits]), lambda count: None)
    replay = Replay(tape)
    while replay.advance(7):
        replay.book(3)
    assert replay.state_hash() == expected.state_hash
    assert (replay.place, replay.sequence, replay.at_end) == (len(tape.commands) + len(tape.controls), 1_315, True)


def test_a_replay_begins_behind_the_rows_that_fill_the_book() -> None:
    tape = small()
    assert Replay(tape).place == tape.resting_rows + len(tape.controls)
    assert Replay(tape, resting=False).place == 0


def test_advance_stops_at_a_count_a_time_and_a_sequence() -> None:
    replay = Replay(small())
    start, time_ns, sequence = replay.place, replay.time_ns, replay.sequence
    assert replay.advance(10) == 10
    assert replay.advance(until_ns=time_ns + 15_000) == 5
    assert replay.advance(until_sequence=sequence + 17) == 2
    assert replay.advance(1, until_sequence=sequence + 100) == 1
    assert replay.advance(until_sequence=sequence) == 0
    assert (replay.place, replay.sequence, replay.time_ns) == (start + 18, sequence + 18, time_ns + 18_000)
    with pytest.raises(OrderError, match="advance needs a count"):
        replay.advance()
    with pytest.raises(OrderError, match="count -1 is not a whole number"):
        replay.advance(-1)
    with pytest.raises(OrderError, match="until_ns inf is not a whole number"):
        replay.advance(until_ns=float("inf"))  # type: ignore[arg-type]
    with pytest.raises(OrderError, match=r"until_sequence 1\.5 is not a whole number"):
        replay.advance(until_sequence=1.5)  # type: ignore[arg-type]


def test_an_own_order_waits_in_its_queue_and_trades_in_turn() -> None:
    replay = Replay(small())
    price = replay.book(1).best_bid
    assert price is not None
    shown = int(replay.book(1).bids["shown_lots"][0])
    order = replay.submit("buy", price, 4)
    ahead = replay.queue_ahead(order)
    assert ahead is not None and ahead[1] == shown
    assert int(replay.book(1).bids["shown_lots"][0]) == shown + 4
    while order.is_live and replay.advance(until_fill=True):
        assert replay.fills[-1].price == price
    assert (order.state, order.filled, order.average_price) == (OrderState.FILLED, 4, price)
    assert (replay.position, replay.queue_ahead(order)) == (4, None)
    fees = sum(fill.fee_mills for fill in replay.fills)
    assert fees > 0 and replay.cash_mills == 10**12 - fees


def test_advance_until_a_fill_stops_at_the_very_command() -> None:
    replay = Replay(small())
    price = replay.book(1).best_bid
    assert price is not None
    replay.submit("buy", price, 1)
    replay.advance(until_fill=True)
    assert [fill.sequence for fill in replay.fills] == [replay.sequence]


def test_recorded_commands_move_behind_own_ones() -> None:
    replay = Replay(small())
    before = replay.sequence
    replay.submit("buy", replay.book(1).best_bid or 0, 1)
    assert replay.sequence == before + 3, "an account, its funds and an order"
    replay.advance(5)
    assert replay.sequence == before + 8
    assert replay.events["sequence"][-1] == before + 8


def test_replace_and_cancel_change_an_order() -> None:
    replay = Replay(small())
    price = replay.book(1).best_bid or 0
    order = replay.submit("buy", price - 5, 4)
    replay.replace(order, price=price - 6, lots=3)
    assert (order.price, order.lots, order.leaves, order.state) == (price - 6, 3, 3, OrderState.OPEN)
    replay.replace(order, lots=2)
    assert (order.price, order.lots, order.refusal) == (price - 6, 2, "")
    replay.cancel(order)
    assert (order.state, order.leaves) == (OrderState.CANCELLED, 0)
    replay.cancel(order)
    assert order.refusal == "cancel: UNKNOWN: no such working order"


def test_a_refused_order_says_what_is_allowed() -> None:
    replay = Replay(small())
    order = replay.submit("buy", 90_000, 1)
    assert order.state == OrderState.REJECTED
    assert order.refusal.startswith("BAND: price is outside the band") and "allowed: " in order.refusal
    crossing = replay.submit("buy", replay.book(1).best_ask or 0, 1, post_only="reject")
    assert crossing.refusal == "PO_CROSS: a post-only order would trade at once"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("hold", 5, 1), "side 'hold', allowed: buy, sell"),
        (("buy", 5, 0), "lots 0 is not a whole number in 1..10000"),
        (("buy", 5.5, 1), "price 5.5 is not a whole number"),
    ],
)
def test_an_order_that_is_wrong_in_itself_is_not_sent(arguments: tuple[str, int, int], text: str) -> None:
    replay = Replay(small())
    with pytest.raises(OrderError, match=text):
        replay.submit(*arguments)
    with pytest.raises(OrderError, match="tif 'GTX', allowed: DAY, GTC"):
        replay.submit("buy", 5, 1, tif="GTX")
    with pytest.raises(OrderError, match="account 5 is not a whole number in"):
        replay.submit("buy", 5, 1, account=5)
    assert replay.sequence == Replay(small()).sequence, "nothing was sent"


def traded(tape: Tape) -> Replay:
    """A replay with own orders that have traded, and one that has been cancelled."""
    replay = Replay(tape)
    for index in range(6):
        book = replay.book(1)
        side, price = ("buy", book.best_bid) if index % 2 else ("sell", book.best_ask)
        order = replay.submit(side, price or 0, 2)
        replay.advance(50)
        if index == 3:
            replay.cancel(order)
    return replay


def test_the_same_actions_give_the_same_state() -> None:
    one, two = traded(small()), traded(small())
    assert one.fills and one.state_hash() == two.state_hash()


def test_forks_go_on_independently() -> None:
    replay = traded(small())
    fork, order = replay.fork(), replay.submit("buy", replay.book(1).best_ask or 0, 1)
    assert len(fork.orders) == len(replay.orders) - 1 and order.filled == 1
    before = fork.state_hash()
    replay.advance(20)
    assert fork.state_hash() == before
    fork.advance(20)
    fork.cancel(fork.orders[0])
    assert len(fork.events) != len(replay.events)
    with pytest.raises(OrderError, match="was not submitted in this replay"):
        fork.cancel(order)


def test_two_forks_with_the_same_actions_are_equal() -> None:
    replay = traded(small())
    one, two = replay.fork(), replay.fork()
    for fork in (one, two):
        fork.submit("buy", fork.book(1).best_ask or 0, 3)
        fork.advance(100)
    assert one.state_hash() == two.state_hash()
    assert one.events.rows().tobytes() == two.events.rows().tobytes()


def test_an_earlier_place_is_as_it_was() -> None:
    replay = Replay(small())
    hashes = {}
    order = replay.submit("buy", replay.book(1).best_bid or 0, 5)
    for index in range(8):
        replay.advance(25)
        if index == 4:
            replay.replace(order, lots=3)
        hashes[replay.sequence] = (replay.state_hash(), order.filled, order.lots)
    for sequence, expected in hashes.items():
        early = replay.at(sequence)
        assert (early.state_hash(), early.own(order).filled, early.own(order).lots) == expected
    last = replay.at(replay.sequence)
    last.advance(30)
    replay.advance(30)
    assert last.state_hash() == replay.state_hash()
    with pytest.raises(OrderError, match=r"sequence 0 is not a whole number in 1\.\."):
        replay.at(0)


@pytest.mark.parametrize("latency", [None, Latency.constant(place_us=3)])
def test_orders_of_later_are_not_there_at_an_earlier_place(latency: Latency | None) -> None:
    replay = Replay(small(), latency=latency)
    bid = replay.book(1).best_bid or 0
    first = replay.submit("buy", bid - 3, 1)
    replay.advance(10)
    between = replay.sequence
    later = replay.submit("buy", bid - 4, 1)
    replay.replace(later, lots=2)
    replay.advance(10)
    early = replay.at(between)
    assert [(order.number, order.is_live) for order in early.orders] == [(first.number, True)]
    with pytest.raises(OrderError, match="own-2 was not submitted in this replay"):
        early.cancel(later)
    assert early.submit("buy", bid - 5, 1).number > later.number
    early.advance(10)
    assert [order.lots for order in early.at(early.sequence).orders] == [1, 1]
    assert [order.lots for order in replay.at(replay.sequence).orders] == [1, 2]
    assert replay.at(1).orders == []


def test_several_own_accounts_hold_positions_of_their_own() -> None:
    replay = Replay(small(), accounts=2)
    first = replay.account().number
    second = replay.account(first + 1)
    replay.submit("buy", replay.book(1).best_ask or 0, 2, tif="IOC")
    replay.submit("sell", replay.book(1).best_bid or 0, 3, tif="IOC", account=second.number)
    assert (replay.position, second.position()) == (2, -3)
    for account in (replay.account(), second):
        mine = [fill for fill in replay.fills if fill.order.account == account.number]
        row = query.margin(replay.engine.states, account.number)
        assert account.cash_mills == row.cash_mills == 10**12 - sum(fill.fee_mills for fill in mine)
        assert account.equity_mills == row.equity_mills != row.cash_mills


def test_a_recorded_cancel_of_an_order_that_an_own_one_has_taken_is_refused_and_counted() -> None:
    tape = small()
    plain, taking = Replay(tape), Replay(tape)
    while taking.book(1).best_ask is not None and taking.place < taking.tape.resting_rows + 100:
        taking.submit("buy", taking.book(1).best_ask or 0, 10_000, tif="IOC")
        taking.advance(10)
    while taking.advance(1_000) + plain.advance(1_000):
        pass
    assert (plain.refused, taking.refused > 0) == (0, True)


def test_a_source_without_space_for_own_accounts_is_refused() -> None:
    with pytest.raises(UserError, match="70 own accounts: the tape leaves no such range in 1"):
        Replay(small(), accounts=70)
    for accounts in (0, -1, 1.5):
        with pytest.raises(OrderError, match=r"accounts .* is not a whole number in 1"):
            Replay(small(), accounts=accounts)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="state size 'huge', allowed: small"):
        Replay(small(), limits="huge")


def test_a_flow_is_opened_by_its_name() -> None:
    with pytest.raises(UserError, match="option depth does not apply to the flow mixed, allowed: commands, seed"):
        Replay("mixed", depth=3)
    assert open_source(small()) is small()
