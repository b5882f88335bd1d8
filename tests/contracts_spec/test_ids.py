"""Packed ids of outrights and counters of combinations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.ids import COMBINATION_BIT, Terms, is_combination, pack_id, unpack_id
from contracts_spec.periods import Period, parse_period
from exchange.codes import Family, PeriodKind

TERMS = st.builds(
    Terms,
    st.integers(0, 127),
    st.sampled_from(Family),
    st.integers(0, 31).map(lambda step: step * 500),
    st.builds(Period, st.sampled_from(PeriodKind), st.integers(0, 4095)),
)


@pytest.mark.rule("SPEC-042")
@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ((2, Family.PHY, 9000, "F27"), 34_734_164),
        ((2, Family.IDX, 9000, "F27"), 36_831_316),
        ((2, Family.PHY, 9000, "Q1-27"), 34_738_260),
        ((2, Family.PHY, 9000, "C27"), 34_742_356),
        ((2, Family.TOP, 9000, "T5-27"), 41_042_004),
        ((2, Family.PHY, 9500, "F27"), 34_799_700),
        ((8, Family.PHY, 9000, "C28"), 135_405_664),
        ((0, Family.PWS, 0, "F27"), 8_388_692),
    ],
)
def test_ids_are_packed_from_chip_family_floor_kind_and_month(
    terms: tuple[int, Family, int, str], expected: int
) -> None:
    chip, family, floor_bp, code = terms
    assert pack_id(Terms(chip, family, floor_bp, parse_period(code))) == expected
    assert unpack_id(expected) == Terms(chip, family, floor_bp, parse_period(code))


@pytest.mark.rule("SPEC-042")
@given(terms=TERMS)
def test_every_id_unpacks_to_its_terms_and_leaves_bit_31_clear(terms: Terms) -> None:
    assert unpack_id(pack_id(terms)) == terms
    assert not is_combination(pack_id(terms))
    assert 0 <= pack_id(terms) < COMBINATION_BIT


@pytest.mark.rule("SPEC-042")
@given(a=TERMS, b=TERMS)
def test_different_terms_never_share_an_id(a: Terms, b: Terms) -> None:
    assert (pack_id(a) == pack_id(b)) == (a == b)


@pytest.mark.rule("SPEC-043")
@pytest.mark.parametrize("instrument_id", [-1, COMBINATION_BIT, COMBINATION_BIT + 7, 7 << 21, 5 << 12])
def test_a_combination_id_or_senseless_bits_do_not_unpack(instrument_id: int) -> None:
    with pytest.raises(ValueError, match=r"not the id|not a valid"):
        unpack_id(instrument_id)
