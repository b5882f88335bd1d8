"""The faces of a session, its books and its orders for programs without `async`. Their types are in `faces.pyi`."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Self

from clients.blocking.delegation import Face, Host
from clients.blocking.loop_thread import LoopThread
from clients.books.order_book import OrderBook
from clients.client import Session
from clients.client import connect as connect_async
from clients.events import Event
from clients.local_book import LocalBook
from clients.orders import LiveOrder

TIMEOUT_S = 30.0
EVENTS_AT_ONCE = 256


class BlockingBook(Face):
    """A `LocalBook`."""


class BlockingOrderBook(Face):
    """An `OrderBook`."""


class BlockingOrder(Face):
    """A `LiveOrder`."""


FACES: dict[type, type[Face]] = {LocalBook: BlockingBook, OrderBook: BlockingOrderBook, LiveOrder: BlockingOrder}


class BlockingSession(Face):
    """A `Session`. Use it as a context manager."""

    _target: Session

    def __init__(self, session: Session, timeout_s: float) -> None:
        super().__init__(Host(LoopThread(), FACES, timeout_s), session)
        self._waiting: deque[Event] = deque()

    def __enter__(self) -> Self:
        try:
            self._host.invoke("connect", self._target.__aenter__, None)
        except BaseException:
            self._host.thread.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._target.is_open:
                self._host.invoke("close", lambda: self._target.__aexit__(None, None, None), None)
        finally:
            self._host.thread.stop()

    def close(self, cancel_orders: bool = False, timeout_s: float | None = None) -> None:
        self._host.invoke("close", lambda: self._target.close(cancel_orders), timeout_s)

    def together(self, read: Callable[[], Any], timeout_s: float | None = None) -> Any:
        """Call a function in the session's thread, where nothing changes meanwhile; it may use objects, not faces."""
        return self._host.invoke("together", read, timeout_s)

    def events(self, timeout_s: float | None = None) -> Iterator[Event]:
        """All events in order until the session is over. TimeoutError: none came for `timeout_s`; None: no limit."""
        while True:
            if not self._waiting and not self._host.thread.run(self._fetch, timeout_s, "events"):
                return
            try:
                event = self._waiting.popleft()
            except IndexError:
                continue  # another thread took it
            yield self._host.wrap(event)

    async def _fetch(self) -> bool:
        """Wait for events and keep them here: a timeout may lose the result of a call. False: the session is over."""
        if self._waiting:
            return True  # of a call that ran out of time
        found = await self._target.take_events(EVENTS_AT_ONCE)
        self._waiting += found
        return bool(found or self._waiting)


def connect(*arguments: Any, timeout_s: float = TIMEOUT_S, **terms: Any) -> BlockingSession:
    return BlockingSession(connect_async(*arguments, **terms), timeout_s)
