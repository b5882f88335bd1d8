"""The blocking client against a real venue, and its types against the async client's."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clients import blocking
from clients.blocking.faces import FACES, BlockingSession
from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.errors import ConnectFailed, SessionOver
from clients.events import BookChanged, Connected, Filled
from clients.local_book import LocalBook
from clients.refusals.kinds import PriceRefused
from exchange.main import RunningServer
from exchange.wire.messages import InstrumentDefinition
from tests.clients.blocking import stub_text
from tests.clients.scenes import PRICE, SEEDS, SYMBOL, play

COUNT = 5_000


def program(tmp_path: Path, body: Callable[[BlockingSession], Any]) -> None:
    """A program without `async` against a venue, while somebody else sells 3 lots at PRICE."""

    def trade(url: str) -> None:
        with blocking.connect(url, "k_t2", Ed25519.from_seed(SEEDS[2]), seed=2, timeout_s=60) as session:
            body(session)

    async def scene(server: RunningServer, seller: Session, _: Session, month: InstrumentDefinition) -> None:
        await seller.sell(month, 3, PRICE, tif="gtc")
        await asyncio.to_thread(trade, server.url)

    play(tmp_path, scene)


def test_a_program_without_async_trades(tmp_path: Path) -> None:
    kept: list[Any] = []

    def body(session: BlockingSession) -> None:
        month = session.instrument(SYMBOL)
        book = session.book(month, cadence_ms=0)
        assert book.best_ask == (2810, 3) and session.books() == [book]
        order = session.buy(month, 2, PRICE, tif="ioc")
        assert (order.state, order.filled_lots, order.finished()) == ("filled", 2, order)
        with pytest.raises(PriceRefused):
            session.buy(month, 1, "9.999")
        resting = session.place("b", month, 4, price_tick=2800)
        assert resting.acknowledged().working and session.cancel(resting).state == "cancelled"
        assert session.together(lambda: (session.position_lots.__name__, 1)) == ("position_lots", 1)
        assert session.position_lots(month) == 2 and session.ping(timeout_s=20) > 0
        kept.append(order)

    program(tmp_path, body)
    assert kept[0].filled_lots == 2, "after the end too"
    with pytest.raises(SessionOver):
        kept[0].finished()


def test_events_come_in_order_with_faces_of_books_and_orders(tmp_path: Path) -> None:
    def body(session: BlockingSession) -> None:
        month = session.instrument(SYMBOL)
        book = session.book(month, cadence_ms=0)
        order = session.buy(month, 2, PRICE, tif="ioc")
        seen: list[Any] = []
        for event in session.events(timeout_s=60):
            seen.append(event)
            kinds = {type(one) for one in seen}
            if {Connected, Filled, BookChanged} <= kinds:
                break
        assert [type(one) for one in seen].index(Connected) == 1, "after the snapshot of the account"
        assert next(one for one in seen if isinstance(one, Filled)).order == order
        assert next(one for one in seen if isinstance(one, BookChanged)).book == book
        with pytest.raises(TimeoutError, match="events"):
            for _ in session.events(timeout_s=0.001):
                pass

    program(tmp_path, body)


def test_no_event_is_lost_between_many_short_polls() -> None:
    session = BlockingSession(connect("ws://127.0.0.1:1", events_max=COUNT), 20)
    queue: Any = session._target._event_queue

    async def produce() -> None:
        for number in range(COUNT):
            queue.put(number)
            for _ in range(number % 7):
                await asyncio.sleep(0)
        queue.close()

    producer = threading.Thread(target=session._host.thread.run, args=(produce, 300, "produce"))
    producer.start()
    seen: list[Any] = []
    ended = False
    timeouts = 0
    while not ended:
        try:
            for event in session.events(timeout_s=timeouts % 10 * 2e-5):
                seen.append(event)
            ended = True
        except TimeoutError:
            timeouts += 1
    producer.join()
    session._host.thread.stop()
    assert seen == list(range(COUNT)) and timeouts


def test_the_events_end_with_the_session(tmp_path: Path) -> None:
    def body(session: BlockingSession) -> None:
        session.close()
        assert all(not isinstance(event, Filled) for event in session.events(timeout_s=60))
        assert not session.live

    program(tmp_path, body)


def test_the_end_of_the_block_cancels_its_orders(tmp_path: Path) -> None:
    async def scene(server: RunningServer, _: Session, buyer: Session, month: InstrumentDefinition) -> None:
        def trade(**terms: bool) -> None:
            with blocking.connect(server.url, "k_t2", Ed25519.from_seed(SEEDS[2]), timeout_s=60, **terms) as session:
                session.buy(month, 2, PRICE, tag="left" if terms else "")

        await asyncio.to_thread(trade)
        await asyncio.to_thread(trade, leave_orders=True)
        assert [view.tag for view in await buyer.open_orders()] == ["left"]

    play(tmp_path, scene)


def test_a_venue_that_is_not_there_leaves_no_thread() -> None:
    session = blocking.connect("ws://127.0.0.1:1", timeout_s=5)
    with pytest.raises(ConnectFailed, match="connection refused"):
        session.__enter__()
    assert session._host.thread.has_ended


def test_the_types_are_those_of_the_async_client() -> None:
    assert stub_text.FILE.read_text() == stub_text.stub_text(), "run python -m tests.clients.blocking.stub_text"


def test_every_public_method_of_the_async_client_has_a_type() -> None:
    text = stub_text.FILE.read_text()
    for name, kind in stub_text.FACES.items():
        part = text.split(f"class {name}(")[1].split("\nclass ")[0]
        public = {member for member in dir(kind) if not member.startswith("_")}
        assert all(f"def {member}(" in part for member in public - stub_text.LEFT_OUT[name]), name
    assert set(FACES.values()) == {face for face in FACES.values() if face.__name__ in stub_text.FACES}


def test_the_attributes_that_have_types_are_there() -> None:
    book = LocalBook()
    assert all(hasattr(book, name) for name in stub_text.ATTRIBUTES["BlockingBook"])
