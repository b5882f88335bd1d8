"""LIST: what is refused, and what a book looks like when it is open."""

from typing import Any

import msgspec
import pytest

from exchange.codes import ComboKind, CommandKind, MarketState
from exchange.engine.control.checks import ControlError
from exchange.engine.engine import blank_commands
from exchange.limits import MEDIUM
from exchange.units import CATALOGUE_HOURS_MAX, CHARGE_MILLS_MAX, PRICE_MAX
from tests.market import MONTH, listing, property_market
from tests.venues import Pair


@pytest.mark.rule("MARGIN-013")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"instruments": {8: {"commodity": 3}}}, "B.G90.F27: commodity 3 is not defined"),
        ({"instruments": {3: {"commodity": 2}}}, "A.G90.G27-J27: leg 1 is of commodity 1, not 2"),
    ],
)
def test_a_book_has_a_commodity_that_is_defined_and_is_its_legs(change: dict[str, Any], expected: str) -> None:
    market = property_market()
    for place, fields in change["instruments"].items():
        market["instruments"][place] |= fields
    engine = Pair().fast.engine
    with pytest.raises(ControlError, match=expected):
        engine.check_control(CommandKind.LIST, msgspec.json.encode(market))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"floor_bp": 65_536}, "B.G90.F27: floor_bp 65536 not in 0..65535"),
        ({"floor_bp": -1}, "B.G90.F27: floor_bp -1 not in 0..65535"),
        ({"family": 300}, "B.G90.F27: family 300 not in 0..255"),
        ({"hours": 43_849}, "B.G90.F27: hours 43849 not in 0..43848"),
        ({"months": [(1, 43_848), (2, 1)]}, "B.G90.F27: hours of all months 43849 not in 0..43848"),
        ({"months": [(1, -1)]}, "B.G90.F27: hours of month 1 -1 not in 0..43848"),
    ],
)
def test_a_listing_that_fits_in_no_row_is_refused(fields: dict[str, Any], expected: str) -> None:
    market = property_market()
    market["instruments"][8] |= fields
    engine = Pair().fast.engine
    before = engine.state_hash()
    with pytest.raises(ControlError, match=expected):
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


def refuse_list(market: dict[str, Any], expected: str) -> None:
    with pytest.raises(ControlError, match=expected):
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


def test_a_payload_without_instruments_opens_no_book() -> None:
    pair = Pair()
    assert pair.control(CommandKind.LIST, {**property_market(), "instruments": []}) == []
    state = pair.fast.engine.states[0]
    assert state.books_listed == 0 and state.listed_sequence == 0


def test_a_listed_book_has_its_terms_and_waits_in_closed_for_its_first_day() -> None:
    market, pair = property_market(), Pair()
    events = pair.control(CommandKind.LIST, market)
    assert [event.instrument for event in events] == list(range(1, 11))
    book = pair.fast.engine.states[0].books[4]
    terms = market["instruments"][3]
    assert [tuple(leg) for leg in book.legs[: book.leg_count].tolist()] == terms["legs"]
    assert (book.mark_tick, book.low_tick, book.high_tick) == (3, -37, 43)
    assert book.fee_hours == book.hours == 744, "no other hours were given for fees"
    assert MarketState(book.market_state) == MarketState.CLOSED
    assert book.symbol.tobytes().rstrip(b"\0") == b"A.G90.G27-J27"


def test_a_second_list_adds_books_behind_the_first() -> None:
    market, pair = property_market(), Pair()
    pair.control(CommandKind.LIST, {**market, "instruments": market["instruments"][:4]})
    later = {**market, "instruments": market["instruments"][4:]}
    pair.control(CommandKind.LIST, later)
    whole = Pair()
    whole.control(CommandKind.LIST, market)
    one, two = (venue.fast.engine.states["books"] for venue in (pair, whole))
    assert one.tobytes() == two.tobytes()


def test_a_commodity_keeps_its_terms() -> None:
    market, pair = property_market(), Pair()
    pair.control(CommandKind.LIST, {**market, "instruments": []})
    pair.control(CommandKind.LIST, {**market, "instruments": []})
    market["commodities"][0]["intra_mills"] += 1
    with pytest.raises(ControlError, match="commodity 1 is defined already, with other terms"):
        pair.fast.engine.check_control(CommandKind.LIST, msgspec.json.encode(market))


@pytest.mark.rule("SPEC-041")
@pytest.mark.parametrize(
    ("place", "legs", "expected"),
    [
        (3, [(1, 1)], "A.G90.G27-J27: legs 1 not in 2..2"),
        (3, [(1, 1), (2, -1), (3, 1)], "A.G90.G27-J27: legs 3 not in 2..2"),
        (5, [(1, 1)], "A.G90.G27:J27: legs 1 not in 2..12"),
        (3, [(1, 1), (1, -1)], "A.G90.G27-J27: a leg stands once"),
        (5, [(1, 1), (2, 1), (1, 1)], "A.G90.G27:J27: a leg stands once"),
        (5, [(1, 1), (4, 1)], "A.G90.G27:J27: leg 4 is a combination"),
        (3, [], "A.G90.G27-J27: legs and combo do not fit each other"),
        (0, [(1, 1), (2, -1)], "A.G90.G27: legs and combo do not fit each other"),
    ],
)
def test_a_combination_has_the_legs_of_its_kind(place: int, legs: list[tuple[int, int]], expected: str) -> None:
    """Prices of legs are worked out from a front leg and a back leg, but for a strip."""
    market = property_market()
    for implied in (False, True):
        market["instruments"][place] |= {"legs": legs, "implied": implied}
        refuse_list(market, expected)


def test_a_kind_of_combination_that_is_none_is_refused() -> None:
    market = property_market()
    market["instruments"][3]["combo"] = 4
    refuse_list(market, "A.G90.G27-J27: combo 4 not in 0..3")


@pytest.mark.rule("IMP-009")
def test_an_implied_combination_takes_a_row_for_each_leg_and_one_for_itself() -> None:
    months = [listing(index, f"M{index}", months=[(MONTH, 10)], hours=10) for index in range(1, 13)]
    legs = [(index, 1) for index in range(1, 13)]
    strips = [listing(index, f"S{index}", combo=ComboKind.STRIP, legs=legs, implied=True) for index in range(13, 32)]
    spread = {"combo": ComboKind.CALENDAR, "legs": [(1, 1), (2, -1)], "implied": True}
    spreads = [listing(index, f"C{index}", **spread) for index in range(32, 36)]
    market = {**property_market(), "instruments": [*months, *strips, *spreads[:3]]}
    Pair().fast.engine.check_control(CommandKind.LIST, msgspec.json.encode(market))
    pair = Pair()
    pair.control(CommandKind.LIST, market)
    with pytest.raises(ControlError, match=f"legs need {19 * 13 + 4 * 3} rows, there are {MEDIUM.implied_routes}"):
        pair.fast.engine.check_control(CommandKind.LIST, msgspec.json.encode({**market, "instruments": spreads[3:]}))


@pytest.mark.rule("IMP-009")
def test_routes_are_written_when_books_are_listed() -> None:
    pair = Pair()
    pair.control(CommandKind.LIST, property_market())
    state = pair.fast.engine.states[0]
    first = {index: int(state.route_ranges[index].first) for index in (1, 4)}
    assert int(state.route_ranges[4].count) == 1 and state.implied_routes[first[4]].combination == 4
    assert {
        int(state.implied_routes[first[1] + place].combination) for place in range(state.route_ranges[1].count)
    } >= {4}


@pytest.mark.rule("BAND-012")
@pytest.mark.parametrize(("group_state", "lead"), [(MarketState.CLOSED, 2), (MarketState.OPEN, 1)])
def test_the_lead_month_is_chosen_while_the_group_is_closed(group_state: MarketState, lead: int) -> None:
    market, pair = property_market(), Pair()
    pair.control(CommandKind.LIST, {**market, "instruments": market["instruments"][:4]})
    engine, state = pair.fast.engine, pair.fast.engine.states[0]
    state.groups[1].state = group_state
    state.books["long_and_short_lots"][2] = 2
    row = blank_commands(1)
    row["sequence"], row["kind"] = engine.sequence + 1, CommandKind.LIST
    engine.control(row, msgspec.json.encode({**market, "instruments": market["instruments"][4:]}))
    assert state.groups[1].lead_book == lead
