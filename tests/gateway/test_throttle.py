"""Token buckets and floods."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.gateway.throttle import FLOOD_SECONDS, LOOPBACK, NS_PER_S, STANDARD, Rate, RateBucket

ORDER = Rate("order", 200, 400, "account")


@pytest.mark.rule("SEC-043", "BAD-055")
def test_burst_of_orders_is_taken_and_the_rest_refused_with_a_time() -> None:
    bucket = RateBucket(ORDER)
    waits = [bucket.take(0) for _ in range(10_000)]
    assert waits[:400] == [0] * 400
    assert all(wait > 0 for wait in waits[400:])
    assert waits[400] == NS_PER_S // 200


@pytest.mark.rule("RATE-002")
def test_waiting_as_long_as_stated_is_enough_and_a_nanosecond_less_is_not() -> None:
    bucket = RateBucket(ORDER)
    while not (wait := bucket.take(5)):
        pass
    assert bucket.take(5 + wait - 1)
    assert not bucket.take(5 + wait)


@pytest.mark.rule("RATE-001")
@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 30)), max_size=200))
def test_bucket_never_gives_more_than_burst_and_rate_allow(steps: list[tuple[int, int]]) -> None:
    bucket = RateBucket(ORDER)
    now, granted = 0, 0
    for pause, tokens in steps:
        now += pause
        granted += 0 if bucket.take(now, tokens) else tokens
        assert granted <= ORDER.burst + now * ORDER.rate // NS_PER_S + 1
        assert 0 <= bucket.left(now) <= ORDER.burst


@pytest.mark.rule("RATE-004")
def test_bucket_is_low_below_a_fifth() -> None:
    bucket = RateBucket(ORDER)
    bucket.take(0, 320)
    assert not bucket.low
    bucket.take(0)
    assert bucket.low and bucket.left(0) == 79


@pytest.mark.rule("RATE-002", "SEC-046")
def test_ten_times_the_rate_for_five_seconds_is_a_flood_and_nine_times_is_not() -> None:
    def flooded(per_second: int, seconds: int) -> bool:
        bucket = RateBucket(ORDER)
        for second in range(seconds):
            for number in range(per_second):
                bucket.take(second * NS_PER_S + number * (NS_PER_S // per_second))
        return bucket.is_flooding()

    assert flooded(2_100, FLOOD_SECONDS + 2)
    assert not flooded(2_100, FLOOD_SECONDS - 1)
    assert not flooded(1_500, 20)


@pytest.mark.rule("SEC-045")
def test_bytes_already_read_are_charged_and_waited_for() -> None:
    bucket = RateBucket(Rate("bytes", 1_000, 2_000, "conn"))
    assert bucket.spend(0, 2_000) == 0
    assert bucket.spend(0, 500) == NS_PER_S // 2


@pytest.mark.rule("RATE-001")
def test_standard_profile_is_that_of_the_protocol() -> None:
    found = [(rate.name, rate.rate, rate.burst, rate.per) for rate in STANDARD.rates]
    assert found == [
        ("order", 200, 400, "account"),
        ("cancel", 400, 2_000, "account"),
        ("quote", 2_000, 4_000, "account"),
        ("sub", 50, 500, "conn"),
        ("query", 20, 100, "account"),
        ("replay", 2, 10, "account"),
        ("frame", 1_000, 2_000, "conn"),
    ]
    assert [rate.name for rate in LOOPBACK.rates] == [rate.name for rate in STANDARD.rates]
