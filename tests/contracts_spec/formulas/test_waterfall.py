"""Layers of the waterfall, remainders, caps, and the size of the fund."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.waterfall import WaterfallResult, fund_size, run_waterfall, share_out


@pytest.mark.rule("FALL-001")
def test_a_loss_runs_through_the_layers_in_their_order() -> None:
    found = run_waterfall(9 * 10**9, 55 * 10**8, 8 * 10**8, 10**9, {"X": 6 * 10**9}, {})
    assert found == WaterfallResult(55 * 10**8, 8 * 10**8, 10**9, {"X": 17 * 10**8}, {"X": 0}, 0)
    assert run_waterfall(250, 0, 0, 0, {"A": 60, "B": 40}, {}) == WaterfallResult(
        0, 0, 0, {"A": 60, "B": 40}, {"A": 60, "B": 40}, 50
    )
    assert run_waterfall(571_200, 0, 100_000, 50_000, {"B": 400_000, "D": 200_000}, {}).survivors == {
        "B": 280_800,
        "D": 140_400,
    }


@pytest.mark.rule("FALL-001")
def test_overlapping_defaults_assess_no_more_than_275_percent_together() -> None:
    found = run_waterfall(250, 0, 0, 0, {"A": 60, "B": 40}, {"A": 120, "B": 110})
    assert found.assessed == {"A": 45, "B": 0}
    assert found.tearup == 250 - 100 - 45


@pytest.mark.rule("FALL-001")
def test_remainders_go_to_the_largest_and_equal_ones_to_the_first() -> None:
    assert share_out(100, {"A": 1, "B": 1, "C": 1}) == {"A": 34, "B": 33, "C": 33}
    assert share_out(100, {"A": 1, "B": 2, "C": 3}) == {"A": 16, "B": 33, "C": 51}
    assert run_waterfall(2, 0, 0, 0, {"A": 1, "B": 1, "C": 1}, {}).survivors == {"A": 1, "B": 1, "C": 0}
    with pytest.raises(OutOfRange, match="sum of weights 0"):
        share_out(1, {"A": 0})
    with pytest.raises(OutOfRange, match="loss -1"):
        run_waterfall(-1, 0, 0, 0, {}, {})


MONEY = st.integers(0, 10**6)


@pytest.mark.rule("FALL-001")
@given(MONEY, MONEY, MONEY, MONEY, st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 1000)), st.data())
def test_every_mill_of_a_loss_is_borne_once_and_nobody_pays_more_than_it_may(
    loss: int, margin: int, fund: int, sitg: int, shares: dict[str, int], data: st.DataObject
) -> None:
    paid = {account: data.draw(st.integers(0, 3 * share)) for account, share in shares.items()}
    found = run_waterfall(loss, margin, fund, sitg, shares, paid)
    members = sum(found.survivors.values()) + sum(found.assessed.values())
    assert found.margin + found.fund + found.sitg + members + found.tearup == loss
    for account, share in shares.items():
        assert 0 <= found.survivors[account] <= share
        assert 0 <= found.assessed[account] <= max(0, min(share, share * 27_500 // 10_000 - paid[account]))
    if found.tearup:
        assert found.survivors == shares


@pytest.mark.rule("FALL-002")
def test_the_fund_covers_the_two_largest_stressed_losses() -> None:
    assert fund_size([(100, 120), (300, 310), (50, 200), (200, 210)]) == 980
    assert fund_size([(100, 300)]) == 0
    assert fund_size([]) == 0
