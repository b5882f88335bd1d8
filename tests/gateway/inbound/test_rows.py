"""Requests that have been read: what makes one usual, what it counts, and the rows it becomes."""

import random
from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.gateway.inbound.frames import BINARY
from exchange.gateway.inbound.rows import place_of_instrument
from exchange.records import COMMAND
from exchange.wire.table import Answerer
from exchange.wire.words import unlisted_index
from tests.gateway.harness import masked
from tests.gateway.inbound.reading import (
    ACCOUNT,
    GROUP,
    JSON,
    NOW_US,
    SESSION,
    Read,
    Reader,
    plain_rows,
    usual,
    written,
)

NEW = {"t": "new", "id": 5, "i": 9, "side": "b", "px": 12, "q": 3, "coid": "a"}
REPLACE = {"t": "replace", "id": 5, "coid": "a"}
CANCEL = {"t": "cancel", "id": 5, "coid": "a"}
QUOTE = {"t": "quote", "id": 5, "mmp": GROUP, "qs": [[9, 10, 1, 12, 1]]}
REMOVING = {"t": "quote", "id": 5, "mmp": GROUP, "qs": [[9, 10, 0, 12, 0], [40, 1, 0, 2, 0]]}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def frames(reader: Reader, *requests: dict[str, Any], **terms: int) -> Read:
    """What is made of some requests with ids 5, 6, ..., each in a frame."""
    numbered = [request | {"id": 5 + place} for place, request in enumerate(requests)]
    return reader.frames(b"".join(masked(msgspec.json.encode(one), 0x81) for one in numbered), JSON, **terms)


@pytest.mark.rule("ENTRY-001", "SEC-053")
@pytest.mark.parametrize(
    ("request_", "terms"),
    [
        (NEW | {"acc": 8}, {}), (CANCEL | {"acc": 8}, {}), (QUOTE | {"acc": 6}, {}),
        (NEW, {"last_id": 5}), (NEW, {"last_id": 6}), (NEW | {"q": 0}, {}), (NEW | {"q": 10_001}, {}),
        (NEW | {"disp": 0}, {}), (NEW | {"minq": 10_001}, {}), (NEW | {"i": 10}, {}), (NEW | {"px": 0}, {}),
        (NEW | {"oid": 3}, {}), (REPLACE | {"q": 0}, {}), (REPLACE | {"q": 10_001}, {}), (REPLACE | {"side": "b"}, {}),
        ({"t": "replace", "id": 5, "px": 3}, {}), ({"t": "cancel", "id": 5}, {}),
        ({"t": "cancel", "id": 5, "oid": 0}, {}), (CANCEL | {"px": 3}, {}),
        (QUOTE | {"mmp": GROUP + 1}, {}), (QUOTE, {"protection": 0}), (QUOTE | {"mmp": 1}, {"protection": 0}),
        ({"t": "quote", "id": 5, "qs": QUOTE["qs"]}, {}), ({"t": "quote", "id": 5, "mmp": GROUP}, {}),
        *(({key: value for key, value in NEW.items() if key != gone}, {}) for gone in NEW),
    ],
)  # fmt: skip
def test_a_request_that_may_be_refused_is_left_alone(
    request_: dict[str, Any], terms: dict[str, int], reader: Reader
) -> None:
    assert reader.payload(msgspec.json.encode(request_), JSON, **terms) is None


def test_requests_beside_those_bounds_are_usual(reader: Reader) -> None:
    for request, terms in (
        (NEW | {"acc": ACCOUNT, "q": 10_000, "disp": 1, "minq": 1, "px": 1}, {"last_id": 4}),
        (NEW | {"i": 40, "px": -(2**31) + 1}, {}), (NEW | {"i": 2**32 - 1, "px": 100}, {}),
        (REPLACE | {"q": 1}, {}), (CANCEL | {"oid": 0}, {}), (QUOTE | {"mmp": 1}, {"protection": 1}),
    ):  # fmt: skip
        assert reader.payload(msgspec.json.encode(request), JSON, **terms), request


@pytest.mark.rule("RATE-001", "RATE-003", "RATE-004", "RATE-005")
@pytest.mark.parametrize(
    ("request_", "term", "tokens"),
    [
        (NEW, "orders_left", 1), (REPLACE, "orders_left", 1), (CANCEL, "cancels_left", 1), (QUOTE, "quotes_left", 2),
        (QUOTE | {"qs": [[9, 1, 0, 2, 1]] * 3}, "quotes_left", 6), (REMOVING, "cancels_left", 1),
        (NEW, "requests_left", 1), (QUOTE, "requests_left", 1), (CANCEL, "frames_left", 1),
    ],
)  # fmt: skip
def test_requests_are_served_while_there_are_tokens(
    request_: dict[str, Any], term: str, tokens: int, reader: Reader
) -> None:
    for left in range(3 * tokens + 1):
        served = frames(reader, request_, request_, request_, **{term: left}).found
        assert served["request_count"] == served["frames"] == left // tokens
        counted = {"orders_left": "orders", "cancels_left": "cancels", "quotes_left": "quotes"}.get(term)
        if counted:
            assert served[counted] == left // tokens * tokens
            assert sum(served[name] for name in ("orders", "cancels", "quotes")) == served[counted]


@pytest.mark.rule("ENTRY-001")
def test_the_newest_ids_are_told_and_an_old_one_ends_the_run(reader: Reader) -> None:
    found = frames(reader, NEW, QUOTE, CANCEL).found
    assert (found["newest_id"], found["newest_quote"], found["rows"]) == (7, 6, 3)
    assert frames(reader, NEW, CANCEL).found["newest_quote"] == 0
    data = b"".join(masked(msgspec.json.encode(CANCEL | {"id": number}), 0x81) for number in (5, 9, 9, 10))
    found = reader.frames(data, JSON).found
    assert (found["request_count"], found["newest_id"]) == (2, 9)


@pytest.mark.rule("WIRE-005")
@pytest.mark.parametrize(
    ("requests", "leading"),
    [
        ((CANCEL,), 1),
        ((CANCEL, CANCEL, NEW, CANCEL), 2),
        ((NEW, CANCEL), 0),
        ((CANCEL, REMOVING, CANCEL), 1),
        ((NEW,), 0),
    ],
)
def test_only_cancels_before_all_other_requests_of_a_read_lead(
    requests: tuple[dict[str, Any], ...], leading: int, reader: Reader
) -> None:
    assert frames(reader, *requests).found["leading_cancels"] == leading


@pytest.mark.rule("QUOTE-001")
def test_a_quote_has_all_of_its_rows_in_the_batch_or_none(reader: Reader) -> None:
    small, quote = Reader(rows_max=4), QUOTE | {"qs": [[9, 1, 1, 2, 1]] * 3}
    assert frames(small, CANCEL, quote).found["rows"] == 4
    found = frames(small, CANCEL, CANCEL, quote).found
    assert (found["rows"], found["request_count"], found["quotes"], found["newest_id"]) == (2, 2, 0, 6)
    small.batch.add_rows(3)
    assert frames(small, CANCEL, CANCEL).found["request_count"] == 1
    small.batch.add_rows(1)
    assert frames(small, CANCEL).found["request_count"] == 0


def test_the_first_row_of_a_request_has_the_answer_and_the_time(reader: Reader) -> None:
    small = Reader(rows_max=8)
    small.batch.answerers[:] = 9
    rows = np.frombuffer(frames(small, CANCEL, QUOTE | {"qs": [[9, 1, 1, 2, 1]] * 3}, NEW).rows, COMMAND)
    session, nobody = int(Answerer.SESSION), int(Answerer.NOBODY)
    assert small.batch.answerers.tolist() == [session, session, nobody, nobody, session, 9, 9, 9]
    assert small.batch.received_us[[0, 1, 4, 5]].tolist() == [NOW_US, NOW_US, NOW_US, 0]
    assert rows["request_id"].tolist() == [5, 6, 6, 6, 7]
    assert set(rows["account"].tolist()) == {ACCOUNT} and set(rows["session"].tolist()) == {SESSION}


def test_rows_that_wait_already_stay(reader: Reader) -> None:
    small, rng = Reader(rows_max=64), random.Random(3)
    small.batch.add_rows(7)
    for encoding in (JSON, BINARY):
        for _ in range(50):
            payload = written(rng, usual(rng), encoding)
            rows = plain_rows(payload, encoding)
            assert rows is not None
            small.payload(payload, encoding)
            written_rows = small.batch.rows.tobytes()
            size = COMMAND.itemsize
            assert written_rows == bytes(7 * size) + rows + bytes((57 - len(rows) // size) * size)


@pytest.mark.rule("QUOTE-001")
@pytest.mark.parametrize("instrument", [1, 8, 10, 65_535, 65_536, 2**31, 2**32 - 2])
def test_an_instrument_that_is_not_listed_keeps_its_id_in_a_quote(instrument: int, reader: Reader) -> None:
    rows = np.frombuffer(frames(reader, QUOTE | {"qs": [[instrument, 1, 1, 2, 1]]}).rows, COMMAND)
    assert rows["instrument"].tolist() == [unlisted_index(instrument)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 33])
def test_an_instrument_is_found_among_any_number(count: int) -> None:
    reader = Reader().tables
    ids = [3 + 5 * place for place in range(count)]
    reader[0]["instrument_id"][:count], reader[0]["instruments"] = ids, count
    for number in range(5 * count + 6):
        wanted = ids.index(number) if number in ids else count
        assert place_of_instrument(reader[0], number) == wanted
