"""The full margin of an account: the product's rule and the one taken lot by lot agree on random portfolios."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.formulas.margin import DeliveryHold, MarginTerms, initial_margin
from contracts_spec.periods import parse_period
from contracts_spec.symbols import OutrightName, parse_symbol
from exchange.reference.formulas.margin import AccountTerms, initial
from tests.reference.formulas.agreement import SPEC, agreed

PERIODS = ["F27", "G27", "H27", "Q1-27", "Q2-27", "C27", "C28", "T3-27", "T5-27"]
SYMBOLS = [f"{chip}.{tier}.{code}" for chip in ("H100", "B200") for tier in ("G80", "G90", "G95") for code in PERIODS]
INDEX = [f"{chip}.G90.{code}/I" for chip in ("H100", "B200") for code in ("F27", "Q1-27", "C27")]
PORTFOLIOS = st.dictionaries(st.sampled_from(SYMBOLS + INDEX), st.integers(-30, 30), max_size=8)
CHIPS = st.sampled_from(["H100", "B200"])
MONTHS = st.sampled_from(["F27", "G27", "J27"])
TERMS = st.builds(
    AccountTerms,
    st.dictionaries(st.tuples(CHIPS, MONTHS, st.sampled_from([8500, 9000, 9500])), st.integers(0, 40), max_size=4),
    st.dictionaries(st.tuples(CHIPS, MONTHS), st.integers(0, 100), max_size=3),
    st.sets(MONTHS, max_size=2),
    st.sets(MONTHS, max_size=2),
    st.lists(
        st.tuples(
            CHIPS, st.integers(-20, 20), st.integers(0, 31), st.integers(1, 6000), st.sampled_from([10_000, 10_555])
        ),
        max_size=2,
    ),
)
RANGES = {chip.name: chip.psr_mills for chip in SPEC.chips if chip.psr_mills is not None}


def month(code: str) -> int:
    return parse_period(code).start_month


def product_terms(terms: AccountTerms) -> MarginTerms:
    return MarginTerms(
        SPEC.margin,
        RANGES,
        {(chip, month(code), floor): lots for (chip, code, floor), lots in terms.certificates.items()},
        {(chip, month(code)): lots for (chip, code), lots in terms.registered.items()},
        frozenset(map(month, terms.spot)),
        frozenset(map(month, terms.addon)),
        tuple(DeliveryHold(*hold) for hold in terms.deliveries),
    )


# Shorts of one month in several tiers, with certificates for some of them.
COVERED = [f"H100.{tier}.{code}" for tier in ("G80", "G90", "G95") for code in ("F27", "Q1-27")]
COVERED_PORTFOLIOS = st.dictionaries(st.sampled_from(COVERED), st.integers(-9, 2), min_size=2, max_size=5)
CERTIFICATES = st.dictionaries(
    st.tuples(st.just("H100"), st.just("F27"), st.sampled_from([8500, 9000, 9500])), st.integers(1, 9), min_size=1
)
COVERED_TERMS = st.tuples(CERTIFICATES, st.sampled_from([(), ("F27",)])).map(
    lambda drawn: AccountTerms(drawn[0], addon=drawn[1])
)


@pytest.mark.rule("MARGIN-001")
@pytest.mark.rule("MARGIN-007")
@pytest.mark.rule("MARGIN-008")
@pytest.mark.rule("MARGIN-009")
@pytest.mark.rule("MARGIN-010")
@pytest.mark.rule("MARGIN-011")
@given(st.tuples(PORTFOLIOS, TERMS) | st.tuples(COVERED_PORTFOLIOS, COVERED_TERMS))
def test_every_part_of_the_margin_agrees(account: tuple[dict[str, int], AccountTerms]) -> None:
    lots, terms = account
    positions = {parse_symbol(symbol): count for symbol, count in lots.items()}
    names = {name: count for name, count in positions.items() if isinstance(name, OutrightName)}
    found = initial_margin(names, product_terms(terms))
    assert {**found._asdict(), "total": found.total} == initial(SPEC, lots, terms)


@pytest.mark.rule("MARGIN-001")
@given(PORTFOLIOS)
def test_calculations_of_margin_agree(lots: dict[str, int]) -> None:
    agreed("margin", lots)


@pytest.mark.rule("MARGIN-010")
@pytest.mark.rule("MARGIN-012")
@given(st.integers(-1, 10**12), st.integers(-50, 200), st.integers(-1, 200), st.sampled_from([*RANGES, "MAIA"]))
def test_single_charges_agree(mills: int, lots: int, registered: int, chip: str) -> None:
    agreed("concentration", mills, lots, registered)
    agreed("maintenance", mills)
    for name in ("covered", "addon"):
        agreed(name, lots, chip)
    agreed("psr", chip)


@pytest.mark.rule("LIMIT-001")
@given(st.sampled_from([chip.name for chip in SPEC.chips]), st.integers(-1, 50_000))
def test_spot_limits_agree(chip: str, registered: int) -> None:
    agreed("spotlimit", chip, registered)


@pytest.mark.rule("MARGIN-004")
def test_scan_ranges_are_a_sixth_of_the_seed_but_where_a_volatility_is_published() -> None:
    """16 % rounded up to 10 mills."""
    chips = [chip for chip in SPEC.chips if chip.psr_mills and chip.seed_mills and chip.name not in ("H100", "B200")]
    assert all(chip.psr_mills == -(-(chip.seed_mills or 0) * 16 // 1000) * 10 for chip in chips)
    assert (RANGES["H100"], RANGES["B200"]) == (400, 920)
