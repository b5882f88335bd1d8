"""Records of runs: what may be a column of the results."""

import numpy as np
import pytest

from bench.experiments.outcome import plain_record
from exchange.errors import UserError


def test_scalars_of_numpy_become_plain() -> None:
    found = plain_record(
        "own", {"a": np.int32(3), "b": np.float64(0.5), "c": np.bool_(True), "d": np.str_("x"), "e": 1}
    )
    assert found == {"a": 3, "b": 0.5, "c": True, "d": "x", "e": 1}
    assert [type(value) for value in found.values()] == [int, float, bool, str, int]


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"seed": 1}, "the name 'seed', allowed: a text, but not run_id, "),
        ({"p.width": 1}, "the name 'p.width'"),
        ({3: 1}, "the name 3"),
        ({"list": [1]}, r"'list': \[1\], allowed: a number of 64 bits or a text"),
        ({"none": None}, "'none': None"),
        ({"array": np.zeros(2)}, "'array': array"),
        ({"large": 1 << 63}, "'large': 9223372036854775808"),
        (None, "NoneType, allowed: a dict"),
    ],
)
def test_a_record_that_is_not_plain_is_refused(record: object, text: str) -> None:
    with pytest.raises(UserError, match=f"task own returned {text}"):
        plain_record("own", record)
