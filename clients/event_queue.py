"""The bounded queue of events between a session and the program that reads them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from clients.events import BookChanged, Event, OrderBookChanged, Overflow

BOOKS = (BookChanged, OrderBookChanged)


class EventQueue:
    """Events in order. A book has at most one BookChanged in the queue, because the book is always current."""

    def __init__(self, length_max: int) -> None:
        self.length_max = length_max
        self._events: deque[Event] = deque()
        self._books: set[int] = set()  # ids of books with a queued BookChanged
        self._arrived = asyncio.Event()
        self._closed = False

    def put(self, event: Event) -> None:
        """Queue an event. If the queue is full, drop the event and count it in an Overflow at the end of the queue."""
        if isinstance(event, BOOKS):
            if id(event.book) in self._books:
                return
            self._books.add(id(event.book))
        if len(self._events) < self.length_max:
            self._events.append(event)
        else:
            self._overflow(event)
        self._arrived.set()

    def _overflow(self, event: Event) -> None:
        if isinstance(event, BOOKS):
            self._books.discard(id(event.book))
        last = self._events[-1]
        if isinstance(last, Overflow):
            self._events[-1] = Overflow(last.events + 1)
        else:
            self._events.append(Overflow(1))

    def close(self) -> None:
        """Close the queue. Readers end after the events that are in it."""
        self._closed = True
        self._arrived.set()

    async def take(self, count: int) -> list[Event]:
        """The next events, at least one and at most `count`; none when the queue is closed and empty."""
        while not self._events and not self._closed:
            self._arrived.clear()
            await self._arrived.wait()
        return [self._next() for _ in range(min(count, len(self._events)))]

    def _next(self) -> Event:
        event = self._events.popleft()
        if isinstance(event, BOOKS):
            self._books.discard(id(event.book))
        return event

    async def read(self) -> AsyncIterator[Event]:
        """Events as they come, until the queue is closed and empty."""
        while True:
            while self._events:
                yield self._next()
            if self._closed:
                return
            self._arrived.clear()
            await self._arrived.wait()

    def __len__(self) -> int:
        return len(self._events)
