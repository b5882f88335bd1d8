"""The product's functions take names of the catalogue and plain values."""

import pytest

from contracts_spec.errors import OutOfRange
from contracts_spec.load import load_spec
from exchange.conformance.clearing.product import PRODUCT

SPEC = load_spec()


@pytest.mark.parametrize(
    ("name", "values"),
    [("id", ["H900.G90.F27"]), ("goodput", ["MAIA", 1, 1, 1]), ("spotlimit", ["MAIA", 1]), ("limits", [0, False])],
)
def test_a_figure_that_cannot_be_is_refused(name: str, values: list[object]) -> None:
    with pytest.raises(OutOfRange):
        PRODUCT[name](SPEC, *values)


def test_a_combination_is_no_outright() -> None:
    with pytest.raises(ValueError, match=r"H100.G90.F27-G27 is a combination"):
        PRODUCT["hours"](SPEC, "H100.G90.F27-G27")
