"""Series of a book: trades, mids and returns, against slow twins."""

from dataclasses import replace

import numpy as np
import pytest

from bench.facts.collector import AUCTION, FILL
from bench.facts.series import RETURN_INTERVALS
from exchange.codes import Side
from tests.bench.facts.books import quoted, recorded, trade, walk, written


@pytest.mark.parametrize("seed", range(3))
def test_fills_of_one_command_are_one_trade(seed: int) -> None:
    series = recorded("mixed", 700, seed)
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for place, row in enumerate(series.messages):
        if row["kind"] == FILL:
            groups.setdefault((int(row["sequence"]), int(row["side"])), []).append((place, int(row["lots"])))
    assert len(series.trades) == len(groups) > 20
    for found, ((_, side), fills) in zip(series.trades, groups.items(), strict=True):
        assert found["lots"] == sum(lots for _, lots in fills)
        assert (found["fills"], found["place"]) == (len(fills), fills[0][0])
        assert found["sign"] == (1 if side == Side.SELL else -1)


def test_fills_of_one_time_are_one_trade_if_each_is_a_command() -> None:
    rows = [quoted(99, 101), *(trade(99, 101, 1, lots, time_ns=7) for lots in (1, 2)), trade(99, 101, -1, 4, time_ns=7)]
    series = replace(written([*rows, trade(99, 101, -1, 8, time_ns=9)]), is_by_time=True)
    assert series.trades["lots"].tolist() == [3, 4, 8] and series.trades["sign"].tolist() == [1, -1, -1]
    assert len(replace(series, is_by_time=False).trades) == 4


def test_mid_before_a_trade_is_that_of_the_message_before_it() -> None:
    series = walk([2, 0, -4], [1, -1, -1])
    trades, mids = series.signed_trades
    assert mids.tolist() == [100, 102, 102] and trades["sign"].tolist() == [1, -1, -1]


def test_trade_without_a_two_sided_book_before_it_has_no_mid() -> None:
    series = written(
        [trade(99, 101, 1), quoted(99, 101), trade(99, 101, 1), quoted(99, 101, ask_lots=0), trade(99, 101, 1)]
    )
    assert len(series.trades) == 3 and len(series.signed_trades[0]) == 1


def test_one_sided_and_crossed_books_are_not_usable() -> None:
    series = written([quoted(99, 101), quoted(99, 0, ask_lots=0), quoted(101, 101), quoted(99, 102)])
    assert series.usable.tolist() == [True, False, False, True]
    assert np.isnan(series.spreads[1:3]).all() and series.mids[[0, 3]].tolist() == [100.0, 100.5]


def test_auctions_are_no_trades_of_an_aggressor_but_count_as_volume() -> None:
    series = written([quoted(99, 101), *2 * [trade(99, 101, 1, 3, kind=int(AUCTION))], trade(99, 101, 1, 2)])
    assert len(series.trades) == 1 and series.traded_lots == 5


@pytest.mark.parametrize(
    ("length_ns", "interval_ns"),
    [(0, 0), (1, 1), (RETURN_INTERVALS, 1), (RETURN_INTERVALS + 1, 2), (RETURN_INTERVALS * 6, 10), (10**13, 2 * 10**9)],
)
def test_interval_is_the_least_round_one_that_is_long_enough(length_ns: int, interval_ns: int) -> None:
    assert written([quoted(99, 101), quoted(99, 101, time_ns=1 + length_ns)]).interval_ns == interval_ns


def test_returns_are_changes_of_the_mid_over_intervals_with_messages() -> None:
    times = {1: 100, 2_000_000: 104, 4_000_000: 102, 9_000_000: 110, 10_000_001: 111}
    rows = [quoted(mid - 1, mid + 1, time_ns=time_ns) for time_ns, mid in times.items()]
    series = written(rows)
    assert series.interval_ns == 2_000
    assert series.returns.tolist() == [4, -2, 8, 1]


@pytest.mark.parametrize("seed", range(3))
def test_returns_are_those_of_a_slow_twin(seed: int) -> None:
    series = recorded("mixed", 700, seed)
    times, mids = series.messages["time_ns"].tolist(), series.mids.tolist()
    found, edge = [], times[0]
    last, place = None, -1
    while edge <= times[-1]:
        before = place
        while place + 1 < len(times) and times[place + 1] <= edge:
            place += 1
        mid = mids[place]
        if last is not None and place > before and not np.isnan(mid - last):
            found.append(mid - last)
        last, edge = mid, edge + series.interval_ns
    assert series.returns.tolist() == found and len(found) > 300
