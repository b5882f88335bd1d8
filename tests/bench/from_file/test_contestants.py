"""Each contestant does the whole work: its result is that of the engine."""

from pathlib import Path

import pytest

from bench.from_file.contestants import read_parts, replay_hftbacktest, replay_parts
from bench.from_file.feed import feed_of, npz_events, npz_levels, write_npz
from bench.from_file.questions import best_prices, replay_file
from bench.tapes.cache import cached_parts
from bench.tapes.tape import write_tape
from tests.bench.from_file.test_feed import small


def test_a_tape_gives_the_same_state_from_file_from_the_cache_and_from_memory(tmp_path: Path) -> None:
    tape, path = small("mixed"), tmp_path / "flow.parquet"
    write_tape(tape, path)
    expected = feed_of(tape).state_hash
    assert replay_parts(tape.parts(), "medium") == replay_file(path, "medium") == expected
    assert replay_parts(cached_parts(path, tmp_path / "cache"), "medium") == expected
    assert read_parts(path) == len(tape.commands) + len(tape.controls)


@pytest.mark.long  # hftbacktest compiles for ten seconds when it is imported
@pytest.mark.parametrize("orders", [True, False])
def test_hftbacktest_ends_at_the_best_prices_of_the_engine(orders: bool, tmp_path: Path) -> None:
    pytest.importorskip("hftbacktest")
    tape = small("mixed")
    feed = feed_of(tape)
    write_npz(npz_events(feed) if orders else npz_levels(feed), tmp_path / "flow.npz")
    ticks = int(feed.events["price"].min()) - 1, int(feed.events["price"].max()) + 1
    assert replay_hftbacktest(tmp_path / "flow.npz", orders, ticks) == best_prices(tape)
