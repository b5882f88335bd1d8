"""Which prices an order may have: daily limits on both sides, the band on the aggressive one (BAND-001, BAND-002)."""

import pytest

from exchange.codes import CommandKind, EventKind, Side
from tests.played import play


@pytest.mark.rule("BAND-001")
@pytest.mark.parametrize(
    ("order", "taken"), [("B1@110", True), ("B1@111", False), ("B1@81", True), ("S1@90", True), ("S1@89", False)]
)
def test_the_band_bounds_the_aggressive_side_alone(order: str, taken: bool) -> None:
    assert play(f"N n {order}", parameters="ref=100 band=10").text.startswith("ACK n" if taken else "REJ n BAND")


@pytest.mark.rule("BAND-002")
@pytest.mark.parametrize(
    ("before", "parameters", "highest"),
    [
        ("-", "ref=100 band=10", 110),
        ("-", "ref=100 ltp=104 band=10", 114),
        ("SS paused; a B3@103; b S3@103; IOP", "ref=100 band=10", 113),
        ("SS paused; a B3@103; b S3@103; IOP", "ref=100 ltp=97 band=10", 107),
    ],
    ids=["settlement", "last price", "indicative price", "last before indicative"],
)
def test_the_band_is_measured_from_the_last_price_then_the_indicative_then_the_settlement(
    before: str, parameters: str, highest: int
) -> None:
    answers = [play(f"N n B1@{price}", before, parameters).events[0] for price in (highest, highest + 1)]
    assert answers == ["ACK n", "REJ n BAND"]


@pytest.mark.rule("BAND-001", "BAND-004")
@pytest.mark.parametrize(("side", "price", "allowed"), [(Side.BUY, 115, (80, 110)), (Side.SELL, 85, (90, 120))])
def test_a_refusal_says_which_prices_would_have_been_in_order(side: Side, price: int, allowed: tuple[int, int]) -> None:
    market = play("N a B1@90", parameters="ref=100 band=10 limit=20")
    (refused,) = market.send(CommandKind.NEW, instrument=1, side=side, price=price, lots=1)
    assert refused.kind == EventKind.ORDER_REJECTED
    assert (refused.lowest_tick, refused.highest_tick) == allowed
