"""Delays: constant, drawn, and from files."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bench.research.latency import PARTS, Latency, LatencyError


def test_constant_delays_have_their_units() -> None:
    latency = Latency.constant(place_us=1.5, response_us=2, feed_us=0.25)
    assert [getattr(latency, part).ns(3, 0) for part in PARTS] == [1_500, 1_500, 2_000, 250]
    assert Latency.constant(place_us=1, cancel_us=7).cancel.ns(0, 0) == 7_000
    assert latency.feed.many(np.zeros(3, np.int64)).tolist() == [250] * 3


def test_lognormal_delays_have_their_median_and_sigma() -> None:
    delays = Latency.lognormal(feed_us=40, sigma=0.6, seed=3).feed.many(np.zeros(20_000, np.int64))
    assert np.median(delays) == pytest.approx(40_000, rel=0.02)
    assert np.log(delays).std() == pytest.approx(0.6, rel=0.02)


def test_a_draw_depends_on_its_number_alone() -> None:
    one, two = (Latency.lognormal(place_us=5, seed=2).place for _ in range(2))
    assert [one.ns(number, 0) for number in range(3_000)] == [two.ns(number, 9) for number in reversed(range(3_000))][
        ::-1
    ]
    assert one.many(np.zeros(7, np.int64)).tolist() == [one.ns(number, 0) for number in range(7)]
    other = Latency.lognormal(place_us=5, response_us=5, seed=2)
    assert other.place.ns(0, 0) != other.response.ns(0, 0)
    seeds = (1, 1 + (1 << 24), 1 + (1 << 40), (1 << 56) - 1)
    assert len({Latency.lognormal(place_us=5, seed=seed).place.ns(0, 0) for seed in seeds}) == len(seeds)


def test_empirical_delays_are_samples_in_their_shares() -> None:
    drawn = Latency.empirical(place_us=[1, 1, 1, 9], seed=1).place.many(np.zeros(8_000, np.int64))
    assert set(drawn.tolist()) == {1_000, 9_000}
    assert (drawn == 1_000).mean() == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_gives_the_last_delay_measured_up_to_a_time(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"delays.{ending}"
    frame = pl.DataFrame({"time_ns": [100, 200, 200, 300], "place_us": [1.0, 2.0, 3.0, 4.5], "feed_us": [7, 7, 8, 9]})
    if ending == "csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)
    latency = Latency.from_file(path)
    assert [latency.place.ns(0, time) for time in (5, 100, 199, 200, 999)] == [1_000, 1_000, 1_000, 3_000, 4_500]
    assert latency.cancel.ns(0, 200) == 3_000 and latency.response.ns(0, 200) == 0
    assert latency.feed.many(np.array([0, 250, 300])).tolist() == [7_000, 8_000, 9_000]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time_ns,place_us\n5,1\n4,1\n", "row 2: time_ns 4 is before that of the row above"),
        ("time_ns,place_us\n5,-1\n", "row 1: place_us -1.0 is not in 0..3600000000"),
        ("time_ns,place_ms\n5,1\n", "column 'place_ms', allowed: time_ns, place_us, cancel_us, response_us, feed_us"),
        ("time_ns,place_us\n5,soon\n", "column 'place_us' has cells that are no numbers"),
        ("time_ns,place_us\n5,\n", "column 'place_us' has cells that are no numbers"),
        ("place_us\n5\n", "needs rows, the column time_ns and at least one of place_us"),
        ("time_ns\n5\n", "needs rows, the column time_ns and at least one of place_us"),
        ("", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "delays.csv"
    path.write_text(text)
    with pytest.raises(LatencyError) as raised:
        Latency.from_file(path)
    assert f"{path}: {expected}" in str(raised.value)


def test_wrong_delays_are_refused() -> None:
    with pytest.raises(LatencyError, match="place_us -1 is not in 0"):
        Latency.constant(place_us=-1)
    with pytest.raises(LatencyError, match="feed_us nan is not in 0"):
        Latency.lognormal(feed_us=float("nan"))
    with pytest.raises(LatencyError, match=r"sigma 11 is not in 0\.\.10"):
        Latency.lognormal(sigma=11)
    for seed in (-1, 1 << 56):
        with pytest.raises(LatencyError, match=f"seed {seed} is not in 0..72057594037927935"):
            Latency.lognormal(place_us=1, seed=seed)
    with pytest.raises(LatencyError, match="response_us: no samples"):
        Latency.empirical(response_us=[])
    with pytest.raises(LatencyError, match="no such file"):
        Latency.from_file("nowhere.csv")
