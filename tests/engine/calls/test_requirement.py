"""Full margin from the engine's state: the launch catalogue's figures, and those of two slow twins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.formulas.margin import MarginTerms, initial_margin
from contracts_spec.symbols import OutrightName, parse_symbol
from exchange.engine.calls.margin_payload import commodities_of
from exchange.engine.calls.requirement import FullMargin, margin_by_commodity, margin_parts, required_mills
from exchange.reference.formulas.margin import AccountTerms, commodity, initial
from tests.engine.calls.launch_market import SPEC, SYMBOLS, LaunchMarket

F27 = 84  # months since 2020-01
MARKET = LaunchMarket()
LARGEST = 10**6
PORTFOLIOS = st.dictionaries(st.sampled_from(SYMBOLS), st.integers(-30, 30), max_size=14)


def parts(**lots: int) -> FullMargin:
    """Parts of account 3 with lots of H100 contracts: F27_G90=10."""
    own = {"H100.{1}.{0}".format(*name.split("_")): count for name, count in lots.items()}
    return margin_parts(MARKET.hold({3: own}), 3)


@pytest.mark.rule("MARGIN-003", "MARGIN-005", "MARGIN-006")
def test_v14_months_and_tiers_are_charged_for_what_they_match() -> None:
    assert parts(G27_G90=10) == (6_720 * 400, 0, 0, 0, 0)
    assert parts(F27_G90=10, G27_G90=-10) == (288_000, 403_200, 0, 0, 0)
    tiers = parts(G27_G95=10, G27_G90=-10)
    assert tiers == (0, 0, 50 * 6_720, 0, 0) and tiers.total == 336_000


@pytest.mark.rule("MARGIN-007")
def test_v14_pairs_are_credited_in_their_order() -> None:
    market = MARKET.hold({1: {"H100.G90.F27": 20, "B200.G90.F27": -10}})
    found = margin_parts(market, 1)
    assert found == (5_952_000 + 6_844_800, 0, 0, 3_422_400, 5_118_720), "the add-on is on B200's short month"
    first = margin_parts(MARKET.hold({1: {"H100.G90.F27": 20, "B200.G90.F27": -10, "H100.G90.F27/I": -10}}), 1)
    assert first.inter == 2 * 7_440 * 400 * 9 // 10 + (7_440 * 400 + 3_720 * 920) * 4 // 10, "the twin comes first"


@pytest.mark.rule("MARGIN-009")
def test_v29_uncovered_shorts_near_their_last_day_pay_more_in_each_tier_parents_included() -> None:
    assert parts(F27_G90=-10).addon == 1_488_000
    assert parts(F27_G90=-10, F27_G95=10).addon == 1_488_000, "tiers do not net"
    assert parts(**{"Q1-27_G90": -10}).addon == 1_488_000, "of its first month only"
    assert parts(**{"Q1-27_G90": -10, "F27_G90": 10}).addon == 0, "of one month and tier they net"
    assert parts(G27_G90=-10).addon == 0


@pytest.mark.rule("MARGIN-001", "MARGIN-009")
@given(st.lists(PORTFOLIOS, min_size=1, max_size=4))
def test_full_margins_are_those_of_both_twins(portfolios: list[dict[str, int]]) -> None:
    state = MARKET.hold(dict(enumerate(portfolios, 1)))
    required = required_mills(state)
    psr = {chip.name: chip.psr_mills for chip in SPEC.chips if chip.psr_mills is not None}
    terms = MarginTerms(SPEC.margin, psr, addon_months=frozenset({F27}))
    for account, own in enumerate(portfolios, 1):
        found = margin_parts(state, account)
        slow = initial(SPEC, own, AccountTerms(addon=["F27"]))
        assert {name: slow[name] for name in found._fields} == found._asdict()
        names = {symbol: parse_symbol(symbol) for symbol in own}
        assert all(isinstance(name, OutrightName) for name in names.values())
        other = initial_margin({names[symbol]: lots for symbol, lots in own.items()}, terms)  # type: ignore[misc]
        assert required[account] == found.total == slow["total"] == other.total


@pytest.mark.rule("SPEC-004")
@given(st.lists(st.sampled_from([-LARGEST, 0, LARGEST]), min_size=len(SYMBOLS), max_size=len(SYMBOLS)))
def test_the_largest_positions_in_every_contract_fit_into_64_bits(lots: list[int]) -> None:
    own = dict(zip(SYMBOLS, lots, strict=True))
    assert margin_parts(MARKET.hold({1: own}), 1).total == initial(SPEC, own, AccountTerms(addon=["F27"]))["total"]


@pytest.mark.rule("MARGIN-001")
def test_hypothetical_lots_count_on_top_and_change_nothing() -> None:
    state = MARKET.hold({2: {"H100.G90.G27": 10}})
    before = MARKET.engine.states.tobytes()
    book = MARKET.books["H100.G90.G27"]
    assert margin_parts(state, 2, [(book, 10)]).total == 2 * 6_720 * 400
    assert margin_parts(state, 2, [(book, -10)]).total == 0
    assert margin_parts(state, 5, [(book, 1)]).total == 672 * 400, "an account that holds nothing"
    assert MARKET.engine.states.tobytes() == before


@pytest.mark.rule("MARGIN-001", "MARGIN-007", "MARGIN-018")
@given(PORTFOLIOS, PORTFOLIOS)
def test_parts_of_each_commodity_are_those_of_its_positions_alone(own: dict[str, int], more: dict[str, int]) -> None:
    """With hypothetical lots on top; the credit between commodities is in the sum of all only."""
    state = MARKET.hold({3: own})
    parts, total = margin_by_commodity(state, 3, [(MARKET.books[symbol], lots) for symbol, lots in more.items()])
    lots = {symbol: own.get(symbol, 0) + more.get(symbol, 0) for symbol in {*own, *more}}
    by_name: dict[str, dict[str, int]] = {}
    for symbol, count in lots.items():
        if count:
            by_name.setdefault(commodity(symbol), {})[symbol] = count
    numbers = commodities_of(MARKET.engine.states, SPEC)
    assert {numbers[name] for name in by_name} == parts.keys()
    for name, alone in by_name.items():
        slow = initial(SPEC, alone, AccountTerms(addon=["F27"]))
        assert parts[numbers[name]]._asdict() == {part: slow[part] for part in FullMargin._fields}
    slow = initial(SPEC, lots, AccountTerms(addon=["F27"]))
    assert total._asdict() == {part: slow[part] for part in FullMargin._fields} and total.total == slow["total"]
