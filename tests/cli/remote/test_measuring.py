"""What `gpux probe` measures: figures of samples, and a run against a venue that leaves no order."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.credentials import Ed25519
from exchange.cli.remote.address_checks import parse_address
from exchange.cli.remote.measuring import (
    FRAMES,
    PERCENTILES,
    PINGS,
    PINGS_IN_FRAME,
    Measured,
    as_json,
    as_lines,
    measure,
    percentile,
)
from exchange.errors import UserError
from exchange.gateway.throttle import STANDARD
from exchange.seams import RealClock
from tests.gateway.sockets import Venue, run


@given(samples=st.lists(st.integers(0, 1_000), min_size=1, max_size=300), percent=st.sampled_from(PERCENTILES))
def test_a_percentile_is_the_smallest_sample_that_so_many_do_not_exceed(samples: list[int], percent: int) -> None:
    found = percentile(sorted(samples), percent)
    assert found in samples
    assert 100 * sum(one <= found for one in samples) >= percent * len(samples)
    assert 100 * sum(one < found for one in samples) < percent * len(samples)


def test_figures_of_samples_and_of_none() -> None:
    assert Measured("a", [3, 1, 2], 2.04).figures() == {
        "what": "a", "count": 3, "p50_us": 2, "p90_us": 3, "p99_us": 3, "max_us": 3, "per_second": 2.0,
    }  # fmt: skip
    assert Measured("b", []).figures() == {"what": "b", "count": 0}
    lines = as_lines([Measured("a long name", [1_000]), Measured("b", [])]).splitlines()
    assert lines[0].split() == ["what", "count", "p50", "p90", "p99", "max", "a", "second"]
    assert lines[1].split() == ["a", "long", "name", "1", "1,000", "1,000", "1,000", "1,000"]
    assert lines[2].split() == ["b", "0"] and lines[3] == "times in microseconds"


@pytest.mark.rule("RATE-001")
def test_what_is_sent_is_within_the_standard_limits() -> None:
    """So that a probe is never throttled, nor delays others."""
    assert STANDARD.rate("frame").burst >= PINGS and STANDARD.rate("frame").burst >= FRAMES
    longest = len('{"t":"ping","id":99999},') * PINGS_IN_FRAME
    assert longest <= STANDARD.max_frame and longest * FRAMES <= STANDARD.bytes_rate.burst


def test_a_venue_is_measured_and_no_order_is_sent(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        pair = venue.keys[0]
        events = venue.server.venue.counters.events
        secret = Ed25519.from_seed(pair.seed)
        found = await measure(parse_address(venue.server.url), RealClock(), 0.3, pair.key, secret)
        names = [one.what for one in found]
        assert names[:3] == ["connect to hello", "ping", "ping, inside the venue"] and names[-1].startswith("dry run")
        counts = {one.what: len(one.samples_us) for one in found}
        assert (counts["ping"], counts[names[3]], counts[names[-1]]) == (PINGS, FRAMES, 50)
        assert all(one.rate > 0 for one in found if one.what.startswith(("frame", "dry")))
        assert json.loads(as_json("x", found))["measured"][1]["count"] == PINGS
        async with venue.talker() as talker:
            assert (await talker.ask("query", what="open"))["orders"] == []
        assert venue.server.venue.counters.events - events < 10, "a session, no order"

    run(tmp_path, test)


def test_a_venue_that_is_not_there_or_refuses_ends_with_code_1(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        with pytest.raises(UserError, match="connection refused: nothing listens at port 1") as refused:
            await measure(parse_address("ws://127.0.0.1:1"), RealClock(), 0.1)
        assert refused.value.code == 1
        with pytest.raises(UserError, match="logon refused: BAD_AUTH") as refused:
            await measure(parse_address(venue.server.url), RealClock(), 0.1, "k_nobody", Ed25519.generate())
        assert refused.value.code == 1

    run(tmp_path, test)
