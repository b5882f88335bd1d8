"""The launch catalogue as LIST payloads: what products.toml says of all books stands in each."""

from datetime import date

import msgspec
import pytest

from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from exchange.codes import ComboKind, Matching
from exchange.engine.control.catalogue import listing_payloads
from exchange.engine.control.instrument_terms import InstrumentTerms
from exchange.engine.control.list_instruments import ListPayload
from exchange.units import ORDER_LOTS_MAX

LAUNCH = date(2026, 11, 23)


@pytest.fixture(scope="module")
def listings() -> list[InstrumentTerms]:
    spec = load_spec()
    payloads = listing_payloads(instruments_on(spec, LAUNCH), spec, LAUNCH)
    return [one for payload in payloads for one in msgspec.json.decode(payload, type=ListPayload).instruments]


@pytest.mark.rule("SESSION-004")
@pytest.mark.rule("ICE-006")
def test_every_book_has_the_defaults_of_products(listings: list[InstrumentTerms]) -> None:
    assert {one.show_ratio for one in listings} == {100}
    assert {one.protection_ticks for one in listings} == {50}
    assert {one.matching for one in listings} == {Matching.FIFO}
    assert {one.order_lots_max for one in listings} == {ORDER_LOTS_MAX}
    assert {one.implied for one in listings if one.combo != ComboKind.OUTRIGHT} == {True}


@pytest.mark.rule("SPEC-041")
def test_legs_are_listed_before_what_is_made_of_them(listings: list[InstrumentTerms]) -> None:
    assert [one.index for one in listings] == list(range(1, len(listings) + 1))
    symbols = {one.index: one.symbol for one in listings}
    for one in listings:
        assert all(leg < one.index for leg, _ in one.legs)
    spread = next(one for one in listings if one.symbol == "H100.G90.F27-G27")
    assert [(symbols[leg], sign) for leg, sign in spread.legs] == [("H100.G90.F27", 1), ("H100.G90.G27", -1)]


@pytest.mark.rule("ORDER-002")
def test_what_one_order_may_trade_with_is_one_product_group(listings: list[InstrumentTerms]) -> None:
    groups = {one.index: one.group for one in listings}
    chips = {one.symbol.split(".")[0]: one.group for one in listings}
    assert len(set(chips.values())) == len(chips) > 3
    for one in listings:
        assert one.group == chips[one.symbol.split(".")[0]]
        assert {groups[leg] for leg, _ in one.legs} <= {one.group}
