"""The results of a batch carry a refusal for each operation that was refused."""

import pytest

from clients.refusals.batch_results import BatchResults
from clients.refusals.kinds import PriceRefused
from exchange.wire.messages import BatchResult

GOOD = BatchResult(order_id=5, client_order_id="a0", state="open")
BAD = BatchResult(code=5003, name="PRICE_BAND", message="outside", applied="no")


def test_the_first_refusal_is_raised() -> None:
    results = BatchResults([GOOD, BAD])
    assert list(results) == [GOOD, BAD] and results.refusals[0] is None
    with pytest.raises(PriceRefused, match="outside"):
        results.raise_first()


def test_nothing_is_raised_where_nothing_was_refused() -> None:
    BatchResults([GOOD]).raise_first()
