"""The best price that an order can trade at, and pauses."""

import pytest

from clients.local_book import LocalBook, PriceLevel, StaleBook
from clients.strategies.executable import Pauses, cost_tick, touch
from exchange.codes import Side
from tests.clients.stub_session import instrument


@pytest.mark.rule("IMP-003", "IMP-004")
@pytest.mark.parametrize(
    ("real", "implied", "best"),
    [
        (None, None, None),
        ([100, 5], None, (100, 5)),
        (None, [101, 4], (101, 4)),
        ([100, 5], [99, 4], (99, 4)),
        ([100, 5], [101, 4], (100, 5)),
        ([100, 5], [100, 4], (100, 9)),
    ],
)
def test_the_better_of_real_and_implied_is_met_first(
    real: list[int] | None, implied: list[int] | None, best: tuple[int, int] | None
) -> None:
    expected = PriceLevel(*best) if best else None
    book = LocalBook()
    book.load(1, [], [real] if real else [], None, False)
    book.imply(Side.SELL, implied)
    assert touch(book, True) == expected
    book.load(2, [[-real[0], real[1]]] if real else [], [], None, False)
    book.imply(Side.BUY, [-implied[0], implied[1]] if implied else None)
    assert touch(book, False) == (PriceLevel(-expected.price_tick, expected.lots) if expected else None)


def test_a_stale_book_has_no_price() -> None:
    with pytest.raises(StaleBook):
        touch(LocalBook(), True)


def test_a_taker_pays_its_fee() -> None:
    row = instrument(1, "H100.G90.F27", taker_fee=2)
    assert cost_tick(2_800, row, True) == 2_802 and cost_tick(2_800, row, False) == 2_798


def test_a_pause_ends() -> None:
    pauses = Pauses(10.0)
    pauses.note("F27")
    pauses.pass_time(9.0)
    assert "F27" in pauses and "G27" not in pauses
    pauses.pass_time(1.0)
    assert "F27" not in pauses
