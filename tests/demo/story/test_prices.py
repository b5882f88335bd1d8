"""Prices of the story: integers from a seed, a curve that falls towards its anchor, jumps with the news."""

from datetime import date, timedelta
from itertools import islice

from contracts_spec.periods import parse_period
from exchange.demo.story.prices import NEWS, Spot, reach_bp, spots

FIRST = date(2026, 11, 2)
YEARS = 731


def test_a_seed_gives_the_same_prices_and_another_seed_others() -> None:
    one, again, other = (list(islice(spots("H100", 2_810, FIRST, seed), YEARS)) for seed in (1, 1, 2))
    assert one == again != other
    assert all(type(value) is int and value > 0 for spot in one for value in spot)


def test_the_curve_falls_from_the_spot_price_towards_the_anchor() -> None:
    curve = [Spot(3_000, 2_000).forward(months) for months in range(60)]
    assert curve[0] == 3_000 and curve == sorted(curve, reverse=True) and 2_000 <= curve[-1] < 2_050
    assert reach_bp(0) == 10_000 > reach_bp(1) > reach_bp(2) > 0


def test_the_price_of_a_quarter_lies_among_those_of_its_months() -> None:
    spot, day = Spot(3_000, 2_000), FIRST
    months = [spot.period(parse_period(code), day) for code in ("F27", "G27", "H27")]
    assert months[0] > spot.period(parse_period("Q1-27"), day) > months[-1]


def test_news_move_the_spot_price_of_their_chip_on_their_days() -> None:
    cut = NEWS[0]
    days = (cut.last - FIRST).days
    path = list(islice(spots(cut.chip, 2_810, FIRST, 1), days + 1))
    before = path[(cut.first - FIRST).days - 1].spot
    assert path[-1].spot < before * 85 // 100
    assert cut.last == cut.first + timedelta(days=cut.days - 1)
