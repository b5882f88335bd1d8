"""The kernels behind the events, against slow twins."""

import numpy as np

from bench.research.event_columns import BLOCK, REFUSALS, find_own, split_columns
from exchange.codes import EventKind
from exchange.engine.state import new_outbox
from exchange.limits import MEDIUM
from exchange.records import EVENT, EVENT_FIELDS


def random_events(seed: int, count: int) -> np.ndarray:
    """EVENT rows of random bytes, with kinds and few accounts."""
    random = np.random.default_rng(seed)
    rows: np.ndarray = np.frombuffer(random.bytes(count * EVENT.itemsize), EVENT).copy()
    rows["kind"] = random.choice(np.array(list(EventKind)), count)
    rows["account"] = random.integers(0, 12, count)
    return rows


def test_every_field_is_split_into_its_column() -> None:
    rows, block = random_events(1, 500), np.zeros(1, BLOCK)
    split_columns(rows, block, 100, 350)
    for name, _, _ in EVENT_FIELDS:
        assert np.array_equal(block[name][0, 100:350], rows[name][100:350])
        assert not block[name][0, :100].any() and not block[name][0, 350:].any()


def test_own_events_and_refusals_of_others_are_found() -> None:
    outs, places = new_outbox(MEDIUM), np.zeros(MEDIUM.event_rows, np.int64)
    for seed in range(5):
        rows = random_events(seed, 200)
        outs["rows"][0, :200], outs["count"] = rows, 200
        own, refused = find_own(outs, 5, 7, places)
        mine = (rows["account"] >= 5) & (rows["account"] <= 7)
        assert places[:own].tolist() == np.flatnonzero(mine).tolist()
        assert refused == np.isin(rows["kind"][~mine], REFUSALS).sum() > 0
