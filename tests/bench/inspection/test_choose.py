"""Filters of events, kinds and times as they are typed."""

import numpy as np
import pytest

from bench.facts.listings import ENDLESS, Listing
from bench.inspection.choose import EventFilter, chosen, parse_kinds, parse_time
from exchange.codes import EventKind
from exchange.errors import UserError
from exchange.records import EVENT


def test_a_filter_takes_what_fits_all_its_fields() -> None:
    rows = np.zeros(6, EVENT)
    rows["time_ns"] = rows["sequence"] = [1, 2, 3, 4, 5, 6]
    rows["instrument"] = [1, 1, 2, 2, 1, 1]
    rows["account"] = [7, 8, 7, 7, 7, 8]
    rows["kind"] = [EventKind.FILL, EventKind.FILL, EventKind.FILL, EventKind.KILLED, EventKind.FILL, EventKind.KILLED]

    def times(**fields: object) -> list[int]:
        return [int(row["time_ns"]) for part in chosen([rows[:4], rows[4:]], EventFilter(**fields)) for row in part]  # type: ignore[arg-type]

    assert times() == [1, 2, 3, 4, 5, 6]
    first, second = Listing("A", 1, 1, 1, 6, 0), Listing("B", 1, 1, 6, ENDLESS, 0)
    assert times(listings=(first, second)) == [1, 2, 5, 6] and times(account=7) == [1, 3, 4, 5]
    assert times(kinds=(int(EventKind.KILLED),)) == [4, 6]
    assert times(from_ns=2, to_ns=5) == [2, 3, 4]
    assert times(listings=(first,)) == [1, 2, 5] and times(listings=(second,)) == [6]
    assert times(listings=(first,), account=7, from_ns=2) == [5]


def test_times_are_utc_or_nanoseconds() -> None:
    assert parse_time("--from", "17") == 17
    assert parse_time("--from", "1970-01-01T00:00:01.5") == 1_500_000_000
    assert parse_time("--from", "1970-01-02") == 86_400_000_000_000
    assert parse_time("--from", "1970-01-01T01:00+01:00") == 0
    for text in ("yesterday", "1970-13-01", "1.5", "1970-01-01T00:00:01.x", "-4"):
        with pytest.raises(UserError, match=r"--from .*allowed: ns since 1970, or a time in UTC"):
            parse_time("--from", text)


def test_kinds_are_names() -> None:
    assert parse_kinds("--kind", ["fill", "KILLED"], EventKind) == (EventKind.FILL, EventKind.KILLED)
    with pytest.raises(UserError, match="--kind fil, allowed: ORDER_ACCEPTED, "):
        parse_kinds("--kind", ["fil"], EventKind)
