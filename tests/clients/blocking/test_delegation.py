"""A face reads and calls the object behind it in the object's thread, and hands on faces, never the objects."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from clients.blocking.delegation import Face, Host, unwrapped
from clients.blocking.loop_thread import LoopThread
from clients.errors import SessionOver
from clients.events import OrderChanged, Overflow
from clients.orders import Order


class Thing:
    """An object of the other thread."""

    def __init__(self) -> None:
        self.number = 5
        self._hidden = 1
        self.threads: list[str] = []

    @property
    def doubled(self) -> int:
        self.threads.append(threading.current_thread().name)
        return 2 * self.number

    def add(self, count: int, *, more: int = 0) -> int:
        """Add."""
        self.threads.append(threading.current_thread().name)
        return self.number + count + more

    async def wait(self) -> "Thing":
        return self

    def several(self) -> tuple[list["Thing"], dict[str, int]]:
        return [self, self], {"a": 1}

    def same(self, other: "Thing") -> bool:
        return other is self

    def __len__(self) -> int:
        return 3


class ThingFace(Face):
    """Its face."""


@pytest.fixture
def host() -> Iterator[Host]:
    one = Host(LoopThread(), {Thing: ThingFace, Order: ThingFace}, 5.0)
    yield one
    one.thread.stop()


def test_reading_and_calling_happen_in_the_other_thread(host: Host) -> None:
    thing = Thing()
    face = host.wrap(thing)
    assert (face.number, face.doubled, face.add(1, more=2), len(face)) == (5, 10, 8, 3)
    assert set(thing.threads) == {"gpux-session"}
    assert face.add.__doc__ == "Add." and "add" in dir(face) and bool(face)
    with pytest.raises(AttributeError):
        _ = face._hidden
    with pytest.raises(AttributeError):
        _ = face.nothing


def test_results_are_faces_and_arguments_are_objects(host: Host) -> None:
    face = host.wrap(Thing())
    assert face.wait() == face and isinstance(face.wait(), ThingFace) and hash(face.wait()) == hash(face)
    several, table = face.several()
    assert several == [face, face] and table == {"a": 1}
    assert face.same(face) and face.same(other=face)
    assert face != host.wrap(Thing()) and unwrapped(5) == 5


def test_events_carry_faces(host: Host) -> None:
    order = Order(7, "a", 9, "b")
    event: Any = host.wrap(OrderChanged(order))
    assert isinstance(event.order, ThingFace) and unwrapped(event.order) is order
    assert host.wrap(Overflow(3)) == Overflow(3)


def test_after_the_end_what_is_there_can_be_read(host: Host) -> None:
    face = host.wrap(Thing())
    host.thread.stop()
    assert face.number == 5 and face.add(1) == 6
    with pytest.raises(SessionOver, match=r"Thing\.wait: the session is over"):
        face.wait()
