"""Callbacks: each event finds its own, and what is transient does not end a strategy."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from clients.client import Session
from clients.errors import NotLive, Refused, Throttled
from clients.events import BookChanged, ChannelData, Event, Filled, OrderChanged, Reconnected
from clients.local_book import LocalBook, StaleBook
from clients.orders import Order
from clients.refusals.choice import refusal
from clients.strategies.strategy import Strategy, dispatch, run
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Status, Trades
from tests.clients.test_orders import a_fill

TRADES = Trades(1, 1, 1, 1, [(5, 100, 1, "b")])
ORDER = Order(7, "a", 3, "b")


class Recorder(Strategy):
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failure: Exception | None = None

    def note(self, name: str) -> None:
        self.calls.append(name)
        if self.failure is not None:
            raise self.failure

    async def start(self) -> None:
        self.note("start")

    def on_book(self, book: LocalBook) -> None:
        self.note("book")

    def on_trades(self, instrument: int, trades: Trades) -> None:
        self.note(f"trades {instrument}")

    def on_fill(self, order: Order, fill: Any) -> None:
        self.note("fill")

    def on_order(self, order: Order) -> None:
        self.note("order")

    def on_event(self, event: Event) -> None:
        self.note(type(event).__name__)


def test_each_event_finds_its_callback() -> None:
    strategy = Recorder()
    events = (
        BookChanged(LocalBook()),
        ChannelData(3, TRADES),
        Filled(ORDER, a_fill()),
        OrderChanged(ORDER),
        Reconnected(True),
        ChannelData(3, Status(1, 1, 1, 1, 3, "OPEN")),
    )
    for event in events:
        dispatch(strategy, event)
    assert strategy.calls == ["book", "trades 3", "fill", "order", "Reconnected", "ChannelData"]


@pytest.mark.parametrize("failure", [StaleBook("x"), Throttled("new", 1.0), NotLive()])
def test_what_is_transient_ends_the_callback_only(failure: Exception) -> None:
    strategy = Recorder()
    strategy.failure = failure
    dispatch(strategy, Reconnected(True))
    assert strategy.calls == ["Reconnected"]


def test_a_local_refusal_ends_the_callback_and_comes_to_the_strategy() -> None:
    strategy, refused = Recorder(), []
    strategy.on_refused = refused.append  # type: ignore[method-assign]
    strategy.failure = refusal(error(1, ErrorCode.LOTS_RANGE, "too many"), is_local=True)
    dispatch(strategy, Reconnected(True))
    assert refused == [strategy.failure]
    strategy.failure = refusal(error(1, ErrorCode.LOTS_RANGE, "too many"))
    with pytest.raises(Refused):
        dispatch(strategy, Reconnected(True))


def test_a_mistake_of_the_strategy_is_not_hidden() -> None:
    strategy = Recorder()
    strategy.failure = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        dispatch(strategy, Reconnected(True))


def test_a_strategy_runs_from_start_to_the_end_of_the_session() -> None:
    class Ended:
        async def events(self) -> AsyncIterator[Event]:
            yield Reconnected(True)

    strategy = Recorder()
    asyncio.run(run(strategy, cast(Session, Ended())))
    assert strategy.calls == ["start", "Reconnected"]


def test_a_strategy_without_callbacks_does_nothing() -> None:
    for event in (BookChanged(LocalBook()), ChannelData(3, TRADES), Filled(ORDER, a_fill()), OrderChanged(ORDER), 1):
        dispatch(Strategy(), event)
