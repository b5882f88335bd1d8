"""Prices and sizes between two steps are refused with their row; prices out of bounds need not be on a tick."""

from decimal import Decimal

import numpy as np
import pytest

from bench.readers.report import ImportOptions
from bench.readers.rescale import check_times, lots_of, ticks_of
from exchange.errors import UserError

ROWS = np.array([11, 12, 13])


@pytest.mark.rule("TAPE-005")
def test_prices_become_ticks_and_stay_out_of_bounds() -> None:
    options = ImportOptions(low_tick=10, high_tick=20)
    found = ticks_of("file", ROWS, np.array([2_499, 2_500, 5_001]), Decimal("2.5"), 100, options)
    assert found.tolist() == [9, 10, 21]
    with pytest.raises(UserError, match=r"file row 12: price 25\.01 is not a multiple of the tick 2\.5"):
        ticks_of("file", ROWS, np.array([0, 2_501, 2_502]), Decimal("2.5"), 100, options)


@pytest.mark.rule("TAPE-005")
def test_sizes_and_times_name_their_row() -> None:
    assert lots_of("file", ROWS, np.array([0, 5, 10]), Decimal(5)).tolist() == [0, 1, 2]
    with pytest.raises(UserError, match="file row 13: size 9 is not a multiple of the lot 5"):
        lots_of("file", ROWS, np.array([0, 5, 9]), Decimal(5))
    with pytest.raises(UserError, match="file row 13: time 4 ns is before that of the row before it, 5 ns"):
        check_times("file", ROWS, np.array([5, 5, 4]))
