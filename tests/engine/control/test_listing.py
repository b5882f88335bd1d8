"""The launch catalogue as LIST payloads: what products.toml says of all books stands in each."""

from datetime import date
from typing import Any

import msgspec
import pytest

from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from exchange.codes import ComboKind, CommandKind, Matching
from exchange.engine.control.checks import ControlError
from exchange.engine.control.listing import listing_payloads
from exchange.engine.control.registry import Listing, ListPayload
from exchange.units import CATALOGUE_HOURS_MAX, CHARGE_MILLS_MAX, ORDER_LOTS_MAX, PRICE_MAX
from tests.market import MONTH, listing, property_market
from tests.venues import Pair

LAUNCH = date(2026, 11, 23)


@pytest.fixture(scope="module")
def listings() -> list[Listing]:
    spec = load_spec()
    payloads = listing_payloads(instruments_on(spec, LAUNCH), spec, LAUNCH)
    return [one for payload in payloads for one in msgspec.json.decode(payload, type=ListPayload).instruments]


@pytest.mark.rule("SESSION-004")
@pytest.mark.rule("ICE-006")
def test_every_book_has_the_defaults_of_products(listings: list[Listing]) -> None:
    assert {one.show_ratio for one in listings} == {100}
    assert {one.protection_ticks for one in listings} == {50}
    assert {one.matching for one in listings} == {Matching.FIFO}
    assert {one.order_lots_max for one in listings} == {ORDER_LOTS_MAX}
    assert {one.implied for one in listings if one.combo != ComboKind.OUTRIGHT} == {True}


@pytest.mark.rule("SPEC-041")
def test_legs_are_listed_before_what_is_made_of_them(listings: list[Listing]) -> None:
    assert [one.index for one in listings] == list(range(1, len(listings) + 1))
    symbols = {one.index: one.symbol for one in listings}
    for one in listings:
        assert all(leg < one.index for leg, _ in one.legs)
    spread = next(one for one in listings if one.symbol == "H100.G90.F27-G27")
    assert [(symbols[leg], sign) for leg, sign in spread.legs] == [("H100.G90.F27", 1), ("H100.G90.G27", -1)]


@pytest.mark.rule("ORDER-002")
def test_what_one_order_may_trade_with_is_one_product_group(listings: list[Listing]) -> None:
    groups = {one.index: one.group for one in listings}
    chips = {one.symbol.split(".")[0]: one.group for one in listings}
    assert len(set(chips.values())) == len(chips) > 3
    for one in listings:
        assert one.group == chips[one.symbol.split(".")[0]]
        assert {groups[leg] for leg, _ in one.legs} <= {one.group}


@pytest.mark.rule("MARGIN-013")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"instruments": {8: {"commodity": 3}}}, "B.G90.F27: commodity 3 is not defined"),
        ({"instruments": {3: {"commodity": 2}}}, "A.G90.G27-J27: leg 1 is of commodity 1, not 2"),
    ],
)
def test_a_book_has_a_commodity_that_is_defined_and_is_its_legs(change: dict[str, Any], told: str) -> None:
    market = property_market()
    for place, fields in change["instruments"].items():
        market["instruments"][place] |= fields
    engine = Pair().fast.engine
    with pytest.raises(ControlError, match=told):
        engine.check_control(CommandKind.LIST, msgspec.json.encode(market))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"floor_bp": 65_536}, "B.G90.F27: floor_bp 65536 not in 0..65535"),
        ({"floor_bp": -1}, "B.G90.F27: floor_bp -1 not in 0..65535"),
        ({"family": 300}, "B.G90.F27: family 300 not in 0..255"),
        ({"hours": 43_849}, "B.G90.F27: hours 43849 not in 0..43848"),
        ({"months": [(1, 43_848), (2, 1)]}, "B.G90.F27: hours of all months 43849 not in 0..43848"),
        ({"months": [(1, -1)]}, "B.G90.F27: hours of month 1 -1 not in 0..43848"),
    ],
)
def test_a_listing_that_fits_in_no_row_is_refused(fields: dict[str, Any], told: str) -> None:
    market = property_market()
    market["instruments"][8] |= fields
    engine = Pair().fast.engine
    before = engine.state_hash()
    with pytest.raises(ControlError, match=told):
        engine.check_control(CommandKind.LIST, msgspec.json.encode(market))
    assert engine.state_hash() == before


@pytest.mark.rule("MARGIN-013")
def test_a_commodity_may_be_defined_before_the_books_that_need_it() -> None:
    market = property_market()
    pair = Pair()
    pair.control(CommandKind.LIST, {**market, "instruments": []})
    pair.fast.engine.check_control(CommandKind.LIST, msgspec.json.encode({**market, "commodities": []}))
    with pytest.raises(ControlError, match="commodity 1 is not defined"):
        Pair().fast.engine.check_control(CommandKind.LIST, msgspec.json.encode({**market, "commodities": []}))


def refuse_list(market: dict[str, Any], told: str) -> None:
    with pytest.raises(ControlError, match=told):
        Pair().fast.engine.check_control(CommandKind.LIST, msgspec.json.encode(market))


@pytest.mark.rule("CONFIG-005")
@pytest.mark.rule("MARGIN-013")
@pytest.mark.parametrize(
    ("charge", "most"),
    [("psr_mills", PRICE_MAX), ("intra_mills", CHARGE_MILLS_MAX), ("tier_mills", CHARGE_MILLS_MAX)],
)
def test_a_charge_beyond_what_money_is_proven_for_is_refused(charge: str, most: int) -> None:
    """Hours times mills has to fit into 64 bits: a hold that wraps would let anybody trade."""
    market = property_market()
    market["commodities"] = [{**market["commodities"][0], charge: most + 1}, *market["commodities"][1:]]
    refuse_list(market, f"{charge} {most + 1} not in ")
    market["commodities"][0][charge] = most
    Pair().fast.engine.check_control(CommandKind.LIST, msgspec.json.encode(market))


@pytest.mark.rule("CONFIG-005")
def test_a_fee_beyond_what_money_is_proven_for_is_refused() -> None:
    """What only closes pays it whatever the funds."""
    market = property_market()
    market["instruments"][0]["taker_fee"] = CHARGE_MILLS_MAX + 1
    refuse_list(market, "A.G90.G27: taker_fee 10001 not in 0..10000")


@pytest.mark.rule("CONFIG-005")
def test_no_more_hours_are_listed_than_money_is_proven_for() -> None:
    """Those of all outrights together, whenever they were listed; a combination has its legs'."""
    market, pair = property_market(), Pair()
    pair.control(CommandKind.LIST, market)
    books = pair.fast.engine.states["books"][0]
    outrights = [book for book in books[1:11] if book["leg_count"] == 1]
    others = sum(int(book["hours"]) for book in outrights[1:])
    outrights[0]["hours"] = CATALOGUE_HOURS_MAX - others - 744

    def check(hours: int) -> None:
        more = listing(11, "A.G90.H27", hours=hours, months=[(MONTH + 2, hours)])
        spread = listing(12, "A.G90.G27-H27", combo=ComboKind.CALENDAR, legs=[(1, 1), (11, -1)], hours=hours)
        terms = {**market, "instruments": [more, spread]}
        pair.fast.engine.check_control(CommandKind.LIST, msgspec.json.encode(terms))

    check(744)
    with pytest.raises(ControlError, match=f"outright {CATALOGUE_HOURS_MAX + 1} not in 0..{CATALOGUE_HOURS_MAX}"):
        check(745)
