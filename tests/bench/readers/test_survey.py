"""The survey of order messages, against columns."""

import numpy as np
import pytest

from bench.readers.converter import survey
from bench.readers.order_messages import ADD, EXECUTE, KINDS, MODIFY, REDUCE, REPLACE, order_messages
from bench.readers.survey import renumber_books
from exchange.units import ORDER_LOTS_MAX


def messages(seed: int, count: int = 500) -> np.ndarray:
    random = np.random.default_rng(seed)
    return order_messages(
        order_id=np.arange(1, count + 1, dtype=np.uint64),
        kind=random.integers(0, len(KINDS), count),
        price=random.integers(-50, 5_000, count),
        lots=random.integers(0, 4 * ORDER_LOTS_MAX, count),
        book=random.integers(0, 40, count),
    )


@pytest.mark.rule("TAPE-005")
@pytest.mark.parametrize("bounds", [(0, 4_000), (100, 101), (9_000, 9_001)])
def test_a_survey_counts_what_columns_say(bounds: tuple[int, int]) -> None:
    rows = messages(bounds[0])
    kinds, prices, lots = rows["kind"], rows["price"], rows["lots"]
    entering = np.isin(kinds, (ADD, REPLACE, MODIFY))
    priced = prices[entering & (prices >= bounds[0]) & (prices <= bounds[1])]
    lowest, highest = (int(priced.min()), int(priced.max())) if len(priced) else (bounds[0], bounds[0])
    extra = int(np.maximum(-(-lots // ORDER_LOTS_MAX) - 1, 0).sum())
    reducing = int(np.isin(kinds, (REDUCE, EXECUTE, MODIFY)).sum())
    wanted = (int(entering.sum()), reducing, extra, len(priced), lowest, highest)
    assert survey(rows, *bounds)[0].tolist() == wanted


def test_books_are_renumbered() -> None:
    rows, places = messages(7), np.random.default_rng(7).permutation(40).astype(np.int32)
    wanted = places[rows["book"]]
    renumber_books(rows, places)
    assert rows["book"].tolist() == wanted.tolist()
