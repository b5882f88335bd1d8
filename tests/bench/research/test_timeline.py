"""Timelines with latency, computed by hand.

The source has one message each 1,000 ns, at T+1 us, T+2 us ...: message n is seen at T + n us plus the feed's delay.
"""

import numpy as np
import pytest

from bench import Latency, Replay
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, OrderState, Side, TimeInForce
from exchange.records import COMMAND, pack_client_order_id

US = 1_000
START = 1_000_000  # us


def message(at_us: int, side: Side, price: int, lots: int = 1, tif: TimeInForce = TimeInForce.GTC) -> np.ndarray:
    row = np.zeros(1, COMMAND)
    row["time_ns"], row["kind"], row["side"], row["price"] = (START + at_us) * US, CommandKind.NEW, side, price
    row["lots"], row["tif"], row["account"], row["instrument"] = lots, tif, 1, 1
    for place, word in enumerate(pack_client_order_id(f"m{at_us}")):
        row[f"client_order_id_{place}"] = word
    return row


def source(*messages: np.ndarray) -> Tape:
    """A bid of 90 and an ask of 110 rest; then the messages."""
    resting = [message(0, Side.BUY, 90, 5), message(0, Side.SELL, 110, 5)]
    resting[1]["client_order_id_0"] += 1
    return market_tape(PlainMarket(1, 200, 100, accounts=2), [np.concatenate(resting), np.concatenate(messages)])


def ticking(count: int = 60) -> Tape:
    """Bids that rest far from the market, one each microsecond."""
    return source(*(message(1 + number, Side.BUY, 10) for number in range(count)))


def now_us(replay: Replay) -> float:
    return replay.time_ns / US - START


def placed_us(replay: Replay) -> list[float]:
    """When own orders were accepted by the engine, us after the start."""
    events, own = replay.events, replay.account().number
    accepted = (events["kind"] == 1) & (events["account"] == own)
    return (events["time_ns"][accepted] / US - START).tolist()  # type: ignore[no-any-return]


def test_an_order_arrives_behind_all_recorded_commands_up_to_its_time() -> None:
    replay = Replay(ticking(), latency=Latency.constant(place_us=5))
    replay.advance(10)
    assert now_us(replay) == 10
    order = replay.submit("buy", 95, 1)
    replay.advance(5)  # messages up to 15 us, the time of its arrival
    assert (order.state, placed_us(replay)) == (OrderState.NONE, [])
    replay.advance(1)
    assert (order.state, placed_us(replay)) == (OrderState.OPEN, [15.0])
    sequences = replay.events["sequence"][-2:].tolist()
    assert sequences[1] == sequences[0] + 1, "the message of 16 us comes next"


def test_without_delays_an_order_is_behind_messages_of_the_same_time() -> None:
    second = message(2, Side.BUY, 94)
    second["client_order_id_0"] += 1
    tape = source(message(1, Side.BUY, 10), message(2, Side.BUY, 95), second, message(3, Side.BUY, 10))
    delayed, immediate = (Replay(tape, latency=latency) for latency in (Latency.constant(), None))
    for replay in (delayed, immediate):
        replay.advance(2)
        replay.submit("buy", 94, 7)
        replay.advance(2)
    assert delayed.queue_ahead(delayed.orders[0]) == (1, 1)
    assert immediate.queue_ahead(immediate.orders[0]) == (0, 0)


def test_an_answer_is_seen_late() -> None:
    replay = Replay(ticking(), latency=Latency.constant(place_us=3, response_us=4))
    replay.advance(10)
    order = replay.submit("buy", 95, 1)
    replay.advance(6)  # the engine has it at 13 us, the answer is seen at 17 us
    assert (placed_us(replay), order.state, now_us(replay)) == ([13.0], OrderState.NONE, 16)
    replay.advance(1)
    assert order.state == OrderState.OPEN


def test_the_feed_shows_an_older_book_and_delays_what_follows() -> None:
    tape = source(*(message(1 + number, Side.BUY, 91 + number) for number in range(18)))
    replay = Replay(tape, latency=Latency.constant(place_us=2, response_us=1, feed_us=6))
    replay.advance(5)
    assert (now_us(replay), replay.book(1).best_bid) == (11, 95), "message 5 of 5 us is seen at 11 us"
    replay.submit("sell", 95, 1, tif="IOC")
    replay.advance(8)  # up to 13 us, when the order arrives: the best bid is 103 by then
    assert replay.fills == []
    replay.advance(1)
    assert [(fill.price, fill.time_ns / US - START) for fill in replay.fills] == [(103, 13)]


def test_a_cancel_has_a_delay_of_its_own_and_never_overtakes() -> None:
    tape = source(*(message(1 + number, Side.BUY, 10) for number in range(30)))
    replay = Replay(tape, latency=Latency.constant(place_us=8, cancel_us=2))
    replay.advance(10)
    order = replay.submit("buy", 95, 1)
    replay.cancel(order)  # would arrive at 12 us, before the order
    replay.advance(9)
    assert (placed_us(replay), order.state) == ([18.0], OrderState.CANCELLED)
    second = replay.submit("buy", 95, 1)
    replay.advance(12)
    replay.cancel(second)
    assert (second.state, now_us(replay)) == (OrderState.OPEN, 30)


def test_an_order_may_trade_before_its_cancel_arrives() -> None:
    tape = source(*(message(1 + number, Side.SELL, 95, tif=TimeInForce.IOC) for number in range(30)))
    replay = Replay(tape, latency=Latency.constant(place_us=1, cancel_us=3))
    replay.advance(5)
    order = replay.submit("buy", 95, 6)
    replay.advance(2)  # arrives at 6 us; the message of 7 us has taken one lot
    assert (order.filled, now_us(replay)) == (1, 7)
    replay.cancel(order)  # arrives at 10 us: messages of 8, 9 and 10 us come first
    replay.advance(10)
    assert (order.filled, order.state, replay.position) == (4, OrderState.CANCELLED, 4)


def test_own_figures_are_those_of_the_fills_seen() -> None:
    tape = source(*(message(1 + number, Side.SELL, 95, tif=TimeInForce.IOC) for number in range(30)))
    replay = Replay(tape, latency=Latency.constant(place_us=1, response_us=5))
    replay.advance(5)
    replay.submit("buy", 95, 3)
    replay.advance(6)  # fills at 7, 8 and 9 us are seen at 12, 13 and 14 us
    assert (replay.fills, replay.position, replay.cash_mills, replay.equity_mills) == ([], 0, 10**12, 10**12)
    replay.advance(2)
    fees = sum(fill.fee_mills for fill in replay.fills)
    assert (len(replay.fills), replay.position, replay.cash_mills) == (2, 2, 10**12 - fees)
    replay.advance(5)
    assert replay.position == 3
    assert replay.equity_mills == 10**12 - sum(fill.fee_mills for fill in replay.fills) + (100 - 95) * 3 * 744


def test_time_passes_between_messages() -> None:
    tape = source(message(10, Side.BUY, 10), message(1_000, Side.BUY, 10))
    replay = Replay(tape, latency=Latency.constant(place_us=20, response_us=30, feed_us=5))
    replay.advance(1)
    order = replay.submit("buy", 95, 1)  # sent at 15 us, arrives at 35 us, its answer is seen at 65 us
    assert replay.advance(until_ns=(START + 39) * US) == 0
    assert placed_us(replay) == [], "its effect on the book is seen at 40 us"
    replay.advance(until_ns=(START + 40) * US)
    assert (placed_us(replay), order.state, replay.book(1).best_bid) == ([35.0], OrderState.NONE, 95)
    replay.advance(until_ns=(START + 65) * US)
    assert (order.state, now_us(replay)) == (OrderState.OPEN, 65)


def test_time_stays_at_the_command_where_an_advance_stops_before_its_time() -> None:
    tape = source(*(message(1 + number, Side.SELL, 95, tif=TimeInForce.IOC) for number in range(30)))
    replay = Replay(tape, latency=Latency.constant(place_us=1))
    assert (replay.advance(5, until_ns=(START + 20) * US), now_us(replay)) == (5, 5)
    replay.submit("buy", 95, 1)
    assert (replay.advance(until_ns=(START + 20) * US, until_fill=True), now_us(replay)) == (2, 7)


def test_at_the_end_of_the_source_all_that_is_on_its_way_arrives() -> None:
    replay = Replay(ticking(10), latency=Latency.constant(place_us=500, response_us=70))
    replay.advance(10)
    order = replay.submit("buy", 95, 1)
    assert replay.advance(1) == 0
    assert (order.state, placed_us(replay), now_us(replay)) == (OrderState.OPEN, [510.0], 580)


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_delays_depend_on_the_seed_alone(seed: int) -> None:
    def played(seed: int) -> tuple[list[float], str]:
        delays = Latency.lognormal(place_us=4, response_us=3, feed_us=2, sigma=1, seed=seed)
        replay = Replay(ticking(), latency=delays)
        for _ in range(12):
            replay.advance(4)
            replay.submit("buy", 95, 1)
        replay.advance(60)
        return placed_us(replay), replay.state_hash()

    assert played(seed) == played(seed) != played(seed + 1)


def test_a_fork_has_its_own_messages_on_their_way() -> None:
    replay = Replay(ticking(), latency=Latency.constant(place_us=5, response_us=2))
    replay.advance(10)
    order = replay.submit("buy", 95, 1)
    fork = replay.fork()
    replay.advance(20)
    assert (order.state, fork.own(order).state) == (OrderState.OPEN, OrderState.NONE)
    fork.advance(20)
    assert (fork.own(order).state, fork.state_hash()) == (OrderState.OPEN, replay.state_hash())
    early = replay.at(replay.sequence - 3)
    early.advance(3)
    assert early.state_hash() == replay.state_hash()
