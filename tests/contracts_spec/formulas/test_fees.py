"""Fees by kind, of outrights and combinations."""

import pytest

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.fees import FEE_KINDS, fee_mills
from contracts_spec.schema import Spec
from contracts_spec.symbols import parse_symbol


@pytest.mark.rule("FEE-001")
@pytest.mark.parametrize(
    ("kind", "lots", "symbol", "mills"),
    [
        ("taker", 25, "H100.G90.F27", 37_200),
        ("maker", 25, "H100.G90.F27", 0),
        ("taker", 5, "H100.G90.F27-G27", 7440),
        ("taker", 1, "H100.G90.F27:H27", 4320),
        ("block", 5, "H100.G90.F27", 11_160),
        ("cash_settlement", 4, "H100.G90.F27", 2976),
        ("certificate", 8, "H100.G90.G27", 26_880),
    ],
)
def test_a_fee_is_a_rate_on_hours_and_lots(spec: Spec, kind: str, lots: int, symbol: str, mills: int) -> None:
    assert fee_mills(spec.products.fees, kind, lots, parse_symbol(symbol)) == mills


@pytest.mark.rule("FEE-001")
def test_kinds_of_fees_are_the_keys_of_the_file(spec: Spec) -> None:
    assert {f"{kind}_mills" for kind in FEE_KINDS} == set(spec.products.fees.__struct_fields__)
    with pytest.raises(ValueError, match="tip is no kind of fee"):
        fee_mills(spec.products.fees, "tip", 1, parse_symbol("H100.G90.F27"))
    with pytest.raises(OutOfRange, match="lots -1"):
        fee_mills(spec.products.fees, "taker", -1, parse_symbol("H100.G90.F27"))
