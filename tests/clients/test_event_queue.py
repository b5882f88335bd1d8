"""The bounded queue between a session and its user."""

import asyncio

from clients.books.order_book import OrderBook
from clients.event_queue import EventQueue
from clients.events import BookChanged, Event, OrderBookChanged, Overflow, Reconnected
from clients.local_book import LocalBook


def drained(queue: EventQueue) -> list[Event]:
    async def read() -> list[Event]:
        return [event async for event in queue.read()]

    queue.close()
    return asyncio.run(read())


def test_events_come_in_order() -> None:
    queue = EventQueue(10)
    for number in range(5):
        queue.put(number)
    assert drained(queue) == [0, 1, 2, 3, 4]


def test_what_does_not_fit_is_counted_where_it_is_missing() -> None:
    queue = EventQueue(3)
    for number in range(7):
        queue.put(number)
    assert len(queue) == 4
    assert drained(queue) == [0, 1, 2, Overflow(4)]


def test_news_of_a_book_is_queued_once_until_it_is_read() -> None:
    queue, book, other = EventQueue(10), LocalBook(1), LocalBook(2)
    for changed in (book, other, book, book):
        queue.put(BookChanged(changed))
    assert drained(queue) == [BookChanged(book), BookChanged(other)]


def test_a_book_is_news_again_after_it_was_read_or_lost() -> None:
    async def read() -> list[Event]:
        queue, book = EventQueue(1), LocalBook(1)
        events = queue.read()
        queue.put(BookChanged(book))
        first = await anext(events)
        queue.put(Reconnected(True))
        queue.put(BookChanged(book))  # does not fit
        rest = [await anext(events), await anext(events)]
        queue.put(BookChanged(book))
        return [first, *rest, await anext(events)]

    kinds = [type(event) for event in asyncio.run(read())]
    assert kinds == [BookChanged, Reconnected, Overflow, BookChanged]


def test_a_reader_waits_for_the_next_event() -> None:
    async def read() -> Event:
        queue = EventQueue(10)
        reading = asyncio.ensure_future(anext(queue.read()))
        await asyncio.sleep(0)
        assert not reading.done()
        queue.put("late")
        return await reading

    assert asyncio.run(read()) == "late"


def test_events_can_be_taken_several_at_once() -> None:
    async def run() -> None:
        queue, book = EventQueue(10), LocalBook(1)
        for event in (1, BookChanged(book), 3):
            queue.put(event)
        assert await queue.take(2) == [1, BookChanged(book)]
        queue.put(BookChanged(book))
        assert await queue.take(9) == [3, BookChanged(book)], "of a book that was taken, the next change counts"
        waiting = asyncio.create_task(queue.take(9))
        await asyncio.sleep(0)
        queue.put(4)
        assert await waiting == [4]
        queue.close()
        assert await queue.take(9) == []

    asyncio.run(run())


def test_changes_of_an_order_book_are_queued_once_too() -> None:
    queue, book = EventQueue(10), OrderBook(1)
    for _ in range(3):
        queue.put(OrderBookChanged(book))
    assert drained(queue) == [OrderBookChanged(book)]
