"""How orders ended is remembered for a while, whatever the batches, and costs little until somebody asks."""

import random
import tracemalloc

import numpy as np
import pytest

from exchange.codes import EventKind, OrderState
from exchange.engine.event_rows import (
    ACCOUNT,
    CLIENT_ORDER_ID_0,
    CLIENT_ORDER_ID_2,
    KIND,
    ORDER_ID,
    SEQUENCE,
    STATE,
    Row,
    read_rows,
)
from exchange.publish import done_orders as module
from exchange.publish.done_orders import ALL, DoneOrders, ends_order
from exchange.records import EVENT, pack_client_order_id
from tests.publish.helpers import event

ENDING = (EventKind.FILL, EventKind.ORDER_CANCELLED, EventKind.SELF_MATCH_DECREMENTED)
ENDS = (OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED)


class IndexedAtOnce:
    """The obvious twin: reads row by row, and indexes each end when it comes."""

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self.latest: list[Row] = []
        self.older: list[Row] = []

    def note(self, rows: list[Row]) -> None:
        for row in rows:
            if row[STATE] in ENDS and row[KIND] in ENDING:
                self.latest.append(row)
            if len(self.latest) == self.kept:
                self.older, self.latest = self.latest, []

    def find(self, account: int, order_id: int, words: Row, last: int = ALL) -> Row | None:
        for row in reversed(self.older + self.latest):
            name = row[CLIENT_ORDER_ID_0 : CLIENT_ORDER_ID_2 + 1]
            is_asked_for = row[ORDER_ID] == order_id if order_id else name == words
            if is_asked_for and row[ACCOUNT] == account and row[SEQUENCE] <= last:
                return row
        return None


def random_name(rng: random.Random) -> str:
    return rng.choice(["", "a", "b", f"long-name-{rng.randint(1, 20)}", f"{rng.randint(1, 9)}"])


def random_rows(rng: random.Random, count: int, first: int, order_id: int) -> list[Row]:
    """Rows of every kind and state; an order ends once, client order ids are used again and by several accounts."""
    rows = []
    for place in range(count):
        fields = {"account": rng.randint(1, 3), "order_id": order_id + place, "state": rng.choice(list(OrderState))}
        name = random_name(rng)
        kind = rng.choice(ENDING) if rng.random() < 0.7 else rng.choice(list(EventKind))
        rows.append(event(kind, first + place // 3, name, **fields))
    return rows


@pytest.mark.rule("ENTRY-011")
@pytest.mark.parametrize("seed", range(12))
def test_what_is_found_is_what_an_index_kept_up_to_date_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(module, "NEW_ROWS", rng.choice([1, 7, 50]))
    monkeypatch.setattr(module, "INDEXED_AT_ONCE", rng.choice([1, 3, 1_000]))
    kept = rng.choice([1, 2, 10, 60])
    done, twin = DoneOrders(kept), IndexedAtOnce(kept)
    order_id, asked = 1, 0
    for turn in range(60):
        rows = random_rows(rng, rng.choice([0, 1, 3, 20]), 1 + 10 * turn, order_id)
        order_id += len(rows)
        done.note(np.array(rows, EVENT).tobytes())
        twin.note(rows)
        for _ in range(rng.choice([0, 0, 0, 30])):
            last = rng.choice([ALL, 10 * turn, rng.randint(0, 10 * turn)])
            wanted = rng.choice([0, rng.randint(max(1, order_id - 200), order_id)])
            name = pack_client_order_id(
                rng.choice(["a", "b", f"long-name-{rng.randint(1, 20)}", f"{rng.randint(1, 9)}"])
            )
            question = rng.randint(1, 4), wanted, name, last
            assert done.find(*question) == twin.find(*question), question
            asked += 1
    assert asked > 100


def test_only_the_latest_ends_are_remembered() -> None:
    done = DoneOrders(kept=2)
    for number in range(1, 6):
        row = event(
            EventKind.ORDER_CANCELLED, number, f"c{number}", account=7, state=OrderState.CANCELLED, order_id=number
        )
        done.note(np.array([row], EVENT).tobytes())
    assert done.find(7, 1, ()) is None
    assert done.find(7, 0, pack_client_order_id("c1")) is None
    for number in (4, 5):
        assert done.find(7, number, ()) is not None
        assert done.find(7, 0, pack_client_order_id(f"c{number}")) is not None


def test_the_mask_of_ends_is_that_of_the_twin() -> None:
    kinds, states = np.meshgrid(np.arange(256), np.arange(256))
    events = np.zeros(kinds.size, EVENT)
    events["kind"], events["state"] = kinds.ravel(), states.ravel()
    expected = [row[STATE] in ENDS and row[KIND] in ENDING for row in read_rows(events)]
    assert ends_order(events).tolist() == expected


@pytest.mark.parametrize("asks", [False, True])
def test_memory_is_bounded_whether_or_not_somebody_asks(asks: bool) -> None:
    """A row in ten ends an order. What is kept: two generations of rows and those that wait, and perhaps an index."""
    kept = 2_000
    events = np.zeros(1_000, EVENT)
    done = DoneOrders(kept)
    tracemalloc.start()
    try:
        for turn in range(100):
            events["kind"][::10], events["state"][::10] = EventKind.FILL, OrderState.FILLED
            events["order_id"] = np.arange(1_000) + 1_000 * turn
            done.note(events.tobytes())
            if asks:
                assert done.find(1, 5, ()) is None and done.find(1, 0, (turn, 0, 0)) is None
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    rows = (2 * kept + module.NEW_ROWS) * EVENT.itemsize
    index = 2 * kept * 400 if asks else 0
    assert used < rows + index + 100_000, (used, rows, index)
