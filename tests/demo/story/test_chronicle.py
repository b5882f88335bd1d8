"""The chronicle has deals, ends and money, from events alone."""

import pytest

from exchange.clearing_codes import CashReason
from exchange.demo.story.cast import DEPOSITS, Who
from exchange.demo.story.chronicle import Deal
from exchange.demo.story.play import StoryResult


@pytest.mark.rule("INV-018")
def test_money_of_every_account_is_the_sum_of_its_events(short: StoryResult) -> None:
    for who in Who:
        moved = short.chronicle.money[who]
        assert moved[CashReason.TRANSFER] == DEPOSITS[who] and sum(moved.values()) == short.cash_mills[who]
    assert sum(moved[CashReason.VARIATION] for moved in short.chronicle.money.values()) == 0
    assert sum(moved[CashReason.FEE] for moved in short.chronicle.money.values()) == -short.house_mills["fees"] < 0


def test_pieces_of_an_order_are_one_deal(short: StoryResult) -> None:
    (sold,) = [one for one in short.chronicle.deals if one.who == Who.CLOUD]
    assert isinstance(sold, Deal) and sold.symbol == "H100.G90.C27" and sold.lots == 120
    assert sold.first_ns < sold.last_ns and 2_000 < sold.mean_tick < 2_810


@pytest.mark.rule("DELIVER-002", "SETTLE-012")
def test_ends_of_months_and_settled_curves_are_kept(short: StoryResult) -> None:
    assert not [one for one in short.chronicle.entries if one.what == "expiry"], "nobody held a lot of the month"
    curve = next(iter(short.chronicle.curves["H100.G90"].values()))
    assert len(curve) == 12 and [*curve] == sorted(curve)
