"""Default waterfalls: whole numbers and exact fractions agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.formulas.agreement import agreed

MONEY = st.integers(-1, 2000)
MEMBERS = st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(-1, 300)), max_size=5, unique_by=lambda one: one[0])


@pytest.mark.rule("FALL-001")
@given(st.tuples(MONEY, MONEY, MONEY, MONEY), MEMBERS, st.data())
def test_waterfalls_agree(
    layers: tuple[int, int, int, int], members: list[tuple[str, int]], data: st.DataObject
) -> None:
    assessed = [(account, data.draw(st.integers(0, 900))) for account, _ in members]
    agreed("waterfall", *layers, members, assessed)


@pytest.mark.rule("FALL-001")
@given(MONEY, MEMBERS)
def test_shares_agree(amount: int, weights: list[tuple[str, int]]) -> None:
    agreed("share", amount, weights)


@pytest.mark.rule("FALL-002")
@given(st.lists(st.tuples(st.sampled_from("ABC"), MONEY, MONEY), max_size=5))
def test_fund_sizes_agree(members: list[tuple[str, int, int]]) -> None:
    agreed("fundsize", members)
