"""The bounded queue between a session and its user."""

import asyncio

from clients.events import BookChanged, Event, Overflow, Reconnected
from clients.local_book import LocalBook
from clients.notices import Notices


def drained(notices: Notices) -> list[Event]:
    async def read() -> list[Event]:
        return [event async for event in notices.read()]

    notices.close()
    return asyncio.run(read())


def test_events_come_in_order() -> None:
    notices = Notices(10)
    for number in range(5):
        notices.put(number)
    assert drained(notices) == [0, 1, 2, 3, 4]


def test_what_does_not_fit_is_counted_where_it_is_missing() -> None:
    notices = Notices(3)
    for number in range(7):
        notices.put(number)
    assert len(notices) == 4
    assert drained(notices) == [0, 1, 2, Overflow(4)]


def test_news_of_a_book_is_queued_once_until_it_is_read() -> None:
    notices, book, other = Notices(10), LocalBook(1), LocalBook(2)
    for changed in (book, other, book, book):
        notices.put(BookChanged(changed))
    assert drained(notices) == [BookChanged(book), BookChanged(other)]


def test_a_book_is_news_again_after_it_was_read_or_lost() -> None:
    async def read() -> list[Event]:
        notices, book = Notices(1), LocalBook(1)
        events = notices.read()
        notices.put(BookChanged(book))
        first = await anext(events)
        notices.put(Reconnected(True))
        notices.put(BookChanged(book))  # does not fit
        rest = [await anext(events), await anext(events)]
        notices.put(BookChanged(book))
        return [first, *rest, await anext(events)]

    kinds = [type(event) for event in asyncio.run(read())]
    assert kinds == [BookChanged, Reconnected, Overflow, BookChanged]


def test_a_reader_waits_for_the_next_event() -> None:
    async def read() -> Event:
        notices = Notices(10)
        reading = asyncio.ensure_future(anext(notices.read()))
        await asyncio.sleep(0)
        assert not reading.done()
        notices.put("late")
        return await reading

    assert asyncio.run(read()) == "late"
