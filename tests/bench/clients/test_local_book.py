"""Rates count only for a book that is the venue's."""

from typing import Any

import pytest

from bench.clients import local_book
from bench.clients.depth_frames import DepthTraffic, Recorded, recorded
from clients.books.levels import PriceLevels
from clients.recording.file_format import RecordKind
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM


@pytest.fixture(scope="module")
def recording() -> Recorded:
    warm_up(MEDIUM)
    return recorded(DepthTraffic(orders=160))


def test_both_ways_apply_all_messages(recording: Recorded) -> None:
    passes = [local_book.book_rates(recording) for _ in range(5)]
    rates = passes[0]
    received = [record.data for record in recording.records if record.kind == RecordKind.RECEIVED]
    assert rates.messages >= sum(frame.startswith(local_book.DEPTH) for frame in received) > 40
    assert rates.deltas >= rates.messages and rates.checksums > 0
    assert all(one.session > 0 for one in passes)
    assert any(one.alone > one.session for one in passes), "other work disturbs a pass, but not all of them"


def test_a_wrong_book_has_no_rate(recording: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    right = PriceLevels.set

    def wrong(self: PriceLevels, rows: Any) -> None:
        right(self, [(price + 1, lots) for price, lots in rows])

    monkeypatch.setattr(PriceLevels, "set", wrong)
    with pytest.raises(AssertionError):
        local_book.book_rates(recording)
