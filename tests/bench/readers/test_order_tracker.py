"""The compiled tracker writes ids that a reader of the file knows. `test_converter.py` judges its books."""

import numpy as np
import pytest

from bench.readers.order_tracker import REASONS, SKIPPED_REASONS, put_name
from exchange.records import COMMAND, unpack_client_order_id


@pytest.mark.parametrize("number", [0, 9, 10, 12_345_678, 123_456_789_012, 2**64 - 1])
@pytest.mark.parametrize(
    ("letter", "part", "text"), [(".", 0, "{}"), (".", 7, "{}.7"), (".", 120, "{}.120"), ("x", 0, "x{}")]
)
def test_ids_are_the_decimal_digits(number: int, letter: str, part: int, text: str) -> None:
    rows = np.zeros(1, COMMAND)
    put_name(rows[0], np.uint64(number), np.uint64(ord(letter)), np.uint64(part))
    words = (int(rows[0][f"client_order_id_{word}"]) for word in range(3))
    assert unpack_client_order_id(*words) == text.format(number)


def test_reasons_without_a_command_are_among_all_reasons() -> None:
    assert set(REASONS) > SKIPPED_REASONS
