"""The full margin rule, part by part, with the numbers of the rules and of the clearing scenarios."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.errors import OutOfRange
from contracts_spec.formulas.margin import (
    DeliveryHold,
    MarginParts,
    MarginTerms,
    addon_charge,
    concentration_charge,
    concentration_steps,
    covered_charge,
    delivery_charge,
    initial_margin,
    inter_credit,
    maintenance,
)
from contracts_spec.load import load_spec
from contracts_spec.periods import parse_period
from contracts_spec.schema import Spec
from contracts_spec.symbols import OutrightName, parse_symbol

F27, G27 = (parse_period(code).start_month for code in ("F27", "G27"))


@pytest.fixture(scope="module")
def terms(spec: Spec) -> MarginTerms:
    psr_mills = {chip.name: chip.psr_mills for chip in spec.listed_chips if chip.psr_mills is not None}
    return MarginTerms(spec.margin, psr_mills)


def held(**lots: int) -> Mapping[OutrightName, int]:
    """Positions in H100 by tier and period: `G90_F27=10`."""
    return named({f"H100.{key.replace('_', '.', 1).replace('_', '-')}": count for key, count in lots.items()})


def named(lots: Mapping[str, int]) -> Mapping[OutrightName, int]:
    names = {parse_symbol(symbol): count for symbol, count in lots.items()}
    assert all(isinstance(name, OutrightName) for name in names)
    return {name: count for name, count in names.items() if isinstance(name, OutrightName)}


def shown(parts: MarginParts) -> dict[str, int]:
    """The parts that are not zero, and the total."""
    return {name: mills for name, mills in parts._asdict().items() if mills} | {"total": parts.total}


@pytest.mark.rule("MARGIN-001")
@pytest.mark.rule("MARGIN-003")
def test_scan_is_the_net_gpu_hours_times_the_scan_range(terms: MarginTerms) -> None:
    assert shown(initial_margin(held(G90_F27=10), terms)) == {"scan": 2_976_000, "total": 2_976_000}
    assert initial_margin(held(G90_T5_27=1), terms).total == 17_529_600
    assert initial_margin(held(G90_F27=0), terms) == initial_margin({}, terms) == MarginParts(*[0] * 8)


@pytest.mark.rule("MARGIN-002")
@pytest.mark.rule("MARGIN-005")
def test_months_offset_each_other_at_a_charge_however_far_apart_they_are(terms: MarginTerms) -> None:
    near = initial_margin(held(G90_F27=10, G90_G27=-10), terms)
    assert shown(near) == {"scan": 288_000, "intra": 403_200, "total": 691_200}
    far = initial_margin(held(G90_F27=10, G90_C28=-10), terms)
    assert shown(far) == {"scan": 32_160_000, "intra": 446_400, "total": 32_606_400}


@pytest.mark.rule("MARGIN-006")
def test_tiers_of_one_month_offset_each_other_at_a_charge(terms: MarginTerms) -> None:
    found = initial_margin(held(G95_F27=10, G90_F27=-10), terms)
    assert shown(found) == {"tier": 372_000, "total": 372_000}


@pytest.mark.rule("MARGIN-007")
def test_opposite_nets_of_a_pair_earn_a_credit(terms: MarginTerms) -> None:
    chips = initial_margin(named({"H100.G90.F27": 20, "B200.G90.F27": -10}), terms)
    assert shown(chips) == {"scan": 12_796_800, "inter": 5_118_720, "total": 7_678_080}
    twin = initial_margin(named({"H100.G90.F27": 10, "H100.G90.F27/I": -10}), terms)
    assert shown(twin) == {"scan": 5_952_000, "inter": 5_356_800, "total": 595_200}
    same_side = initial_margin(named({"H100.G90.F27": 10, "B200.G90.F27": 10}), terms)
    assert same_side.inter == 0


@pytest.mark.rule("MARGIN-007")
def test_hours_of_one_pair_are_not_used_again(terms: MarginTerms) -> None:
    """H100 with its twin first; only what that leaves offsets B200, at 2 : 1 and rounded down to whole pairs."""
    nets = {"H100": 1005, "H100/I": -1000, "B200": -1000}
    assert inter_credit(nets, terms) == 2000 * 400 * 9000 // 10_000 + (4 * 400 + 2 * 920) * 4000 // 10_000


@pytest.mark.rule("MARGIN-008")
def test_shorts_backed_by_certificates_pay_a_quarter_and_leave_the_scan(terms: MarginTerms) -> None:
    backed = terms._replace(certificates={("H100", F27, 9000): 16})
    assert shown(initial_margin(held(G90_F27=-16), backed)) == {"cover": 1_190_400, "total": 1_190_400}
    more = initial_margin(held(G90_F27=-20), backed)
    assert shown(more) == {"scan": 1_190_400, "cover": 1_190_400, "total": 2_380_800}
    less = initial_margin(held(G90_F27=-20), terms._replace(certificates={("H100", F27, 9000): 8}))
    assert shown(less) == {"scan": 3_571_200, "cover": 595_200, "total": 4_166_400}
    assert initial_margin(held(G90_F27=16), backed).cover == 0  # a long needs no cover


@pytest.mark.rule("MARGIN-008")
def test_a_better_certificate_covers_a_lower_contract_and_the_highest_contract_first(terms: MarginTerms) -> None:
    quarter = named({"H100.G90.Q1-27": -4, "H100.G95.F27": -4})
    low = initial_margin(quarter, terms._replace(certificates={("H100", F27, 9000): 8}))
    assert low.cover == 4 * 744 * 400 // 4  # G90 backs the quarter's January, never the G95 contract
    both = initial_margin(quarter, terms._replace(certificates={("H100", F27, 9500): 4, ("H100", F27, 9000): 4}))
    assert both.cover == 8 * 744 * 400 // 4  # the better one is not wasted on the lower contract
    high = initial_margin(quarter, terms._replace(certificates={("H100", F27, 9500): 6}))
    assert high.cover == 6 * 744 * 400 // 4
    assert high.scan == (2 * 744 + 4 * 672 + 4 * 744) * 400


@pytest.mark.rule("MARGIN-009")
def test_near_the_last_trading_day_uncovered_shorts_pay_half_more(terms: MarginTerms) -> None:
    near = terms._replace(addon_months=frozenset([F27]))
    assert initial_margin(held(G90_F27=-10), near).addon == 1_488_000
    assert initial_margin(held(G90_F27=10), near).addon == 0
    assert initial_margin(held(G95_F27=10, G90_Q1_27=-10), near).addon == 1_488_000  # tiers do not net
    assert initial_margin(named({"H100.G90.F27/I": -10}), near).addon == 0
    backed = near._replace(certificates={("H100", F27, 9000): 8})
    assert initial_margin(held(G90_F27=-10), backed).addon == 2 * 744 * 400 // 2


@pytest.mark.rule("MARGIN-010")
def test_a_large_share_of_the_registered_lots_pays_a_tenth_for_each_step(spec: Spec, terms: MarginTerms) -> None:
    rates = spec.margin
    assert [concentration_steps(lots, 100, rates) for lots in (0, 25, 26, 35, 36, -42)] == [0, 0, 1, 1, 2, 2]
    assert [concentration_steps(lots, 0, rates) for lots in (0, 1)] == [0, 8]
    assert concentration_charge(2_976_000, 2, rates) == 595_200
    spot = terms._replace(spot_months=frozenset([F27]), registered_lots={("H100", F27): 64})
    assert initial_margin(held(G90_F27=16), spot).concentration == 0
    found = initial_margin(held(G90_F27=17), spot)
    assert shown(found) == {"scan": 5_059_200, "concentration": 505_920, "total": 5_565_120}
    assert initial_margin(held(G90_G27=17), spot).concentration == 0


@pytest.mark.rule("MARGIN-009")
@pytest.mark.rule("MARGIN-010")
def test_concentration_counts_the_add_on_as_margin(terms: MarginTerms) -> None:
    spot = terms._replace(spot_months=frozenset([F27]), addon_months=frozenset([F27]))
    found = initial_margin(held(G90_F27=-10), spot)
    assert shown(found) == {"scan": 2_976_000, "addon": 1_488_000, "concentration": 3_571_200, "total": 8_035_200}


@pytest.mark.rule("MARGIN-011")
def test_after_the_last_settlement_both_sides_hold_the_hours_left_and_the_buyer_a_week_of_invoices(
    terms: MarginTerms,
) -> None:
    buyer, seller = (DeliveryHold("H100", lots, 31, 2810) for lots in (8, -8))
    parts = [initial_margin({}, terms._replace(deliveries=(hold,))) for hold in (buyer, seller)]
    assert [one.delivery for one in parts] == [4_371_840, 595_200]
    last_days = buyer._replace(days_left=2, factor_bp=10_555)
    assert delivery_charge(last_days, 400, terms.rates) == 384 * 400 // 4 + 2810 * 384 * 10_555 // 10_000


@pytest.mark.rule("MARGIN-012")
def test_maintenance_is_four_fifths_rounded_up(spec: Spec) -> None:
    assert [maintenance(mills, spec.margin) for mills in (2_976_000, 1, 0)] == [2_380_800, 1, 0]


@pytest.mark.rule("MARGIN-008")
@pytest.mark.rule("MARGIN-009")
def test_charges_are_rounded_against_the_account(spec: Spec) -> None:
    assert covered_charge(16 * 744, 400, spec.margin) == 1_190_400
    assert covered_charge(1, 1, spec.margin) == addon_charge(1, 1, spec.margin) == 1
    with pytest.raises(OutOfRange, match="hours -1"):
        covered_charge(-1, 400, spec.margin)


@pytest.mark.rule("MARGIN-001")
def test_a_contract_outside_the_commodities_is_named(terms: MarginTerms) -> None:
    with pytest.raises(OutOfRange, match="family GPX belongs to no commodity"):
        initial_margin(named({"H100.GPX.F27": 1}), terms)
    with pytest.raises(OutOfRange, match="chip MI300X has no scan range"):
        initial_margin(named({"MI300X.G90.F27": 1}), terms)


SYMBOLS = ["H100.G95.F27", "H100.G90.F27", "H100.G90.G27", "H100.G80.Q1-27", "H100.G90.C27", "H100.G90.T3-27"]
RATES = load_spec().margin
PORTFOLIOS = st.dictionaries(st.sampled_from([*SYMBOLS, "H100.G90.F27/I", "B200.G90.F27"]), st.integers(-20, 20))


@pytest.mark.rule("MARGIN-001")
@given(PORTFOLIOS, st.integers(1, 900))
def test_margin_is_the_same_for_the_mirrored_portfolio_and_grows_with_the_scan_range(
    lots: dict[str, int], psr: int
) -> None:
    """Without certificates nothing distinguishes long from short."""
    terms = MarginTerms(RATES, {"H100": psr, "B200": 920})
    found = initial_margin(named(lots), terms)
    assert initial_margin({name: -count for name, count in named(lots).items()}, terms) == found
    higher = initial_margin(named(lots), terms._replace(psr_mills={"H100": psr + 100, "B200": 920}))
    assert 0 <= found.total <= higher.total
