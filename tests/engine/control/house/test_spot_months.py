"""SPOT_MONTHS: the spot month and its limit change, with positions and working orders there."""

from typing import Any

import msgspec
import pytest

from exchange.codes import CommandKind, Side
from exchange.engine.control.checks import ControlError
from tests.funded import F27, G27, MARK, SPREAD, TERM, Funded
from tests.market import MONTH

LIMIT = 40


def spot(funded: Funded, month: int, lots_max: int = LIMIT, books: tuple[int, ...] = ()) -> None:
    payload = {"commodities": [{"commodity": 1, "month": month, "lots_max": lots_max, "books": list(books)}]}
    assert funded.pair.control(CommandKind.SPOT_MONTHS, payload) == []
    funded.pair.compare_accounts()


def rich() -> Funded:
    funded = Funded()
    funded.account(1, 10**13)
    return funded


@pytest.mark.rule("LIMIT-001", "LIMIT-003")
def test_lots_held_and_working_count_from_the_change_on() -> None:
    funded = rich()
    funded.trade(1, Side.BUY, 25, MARK)
    funded.new(1, Side.BUY, 10, MARK - 20)
    funded.new(1, Side.SELL, 60, MARK + 30)
    spot(funded, MONTH, books=(F27,))
    assert funded.new(1, Side.BUY, 6, MARK - 21) == "REJ POSITION"
    assert funded.new(1, Side.BUY, 6, MARK - 21, G27) == "ACK", "another month"
    assert funded.new(1, Side.BUY, 5, MARK - 21) == "ACK"
    assert funded.new(1, Side.BUY, 1, 40, SPREAD) == "REJ POSITION", "it buys the month"
    assert funded.new(1, Side.SELL, 5, MARK + 31) == "ACK"
    assert funded.new(1, Side.SELL, 1, MARK + 31) == "REJ POSITION"


@pytest.mark.rule("LIMIT-001", "LIMIT-005")
def test_a_limit_below_what_is_held_stops_only_what_adds_to_it() -> None:
    funded = rich()
    funded.trade(1, Side.BUY, 100, MARK)
    spot(funded, MONTH, books=(F27,))
    assert funded.new(1, Side.BUY, 1, MARK) == "REJ POSITION"
    assert funded.new(1, Side.SELL, 100, MARK + 9) == "ACK"


@pytest.mark.rule("LIMIT-001", "LIMIT-003")
def test_the_window_goes_on_to_the_next_month_and_ends() -> None:
    funded = rich()
    spot(funded, MONTH, books=(F27,))
    funded.trade(1, Side.BUY, 40, MARK)
    spot(funded, MONTH + 1, books=(G27,))
    assert funded.new(1, Side.BUY, 9, MARK) == "ACK"
    assert funded.new(1, Side.BUY, 41, MARK, G27) == "REJ POSITION"
    assert funded.new(1, Side.SELL, 41, 40, SPREAD) == "REJ POSITION", "selling the spread buys the second month"
    spot(funded, MONTH + 12, books=(TERM,))
    assert funded.new(1, Side.BUY, 41, MARK, TERM) == "REJ POSITION", "a parent counts in each of its months"
    spot(funded, 0, 0)
    assert funded.new(1, Side.BUY, 100, MARK, TERM) == "ACK"
    row = funded.pair.fast.engine.states[0].risks
    assert not row["spot_lots"].any() and not row["spot_working"].any()


@pytest.mark.rule("LIMIT-001")
@pytest.mark.parametrize(
    ("one", "why"),
    [
        ({"commodity": 2}, "spot month of commodity 2: it is not defined"),
        ({"commodity": 99}, "spot months: commodity 99 not in"),
        ({"commodity": 1, "month": 4_096}, "month 4096 not in"),
        ({"commodity": 1, "month": MONTH, "lots_max": -1}, "lots_max -1 not in"),
        ({"commodity": 1, "month": MONTH, "books": [SPREAD]}, r"books \[3\] are none of its outrights"),
        ({"commodity": 1, "month": 0, "books": [F27]}, r"books \[1\] are none of its outrights, or there is no month"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(one: dict[str, Any], why: str) -> None:
    engine = rich().pair.fast.engine
    before = engine.state_hash()
    with pytest.raises(ControlError, match=why):
        engine.check_control(CommandKind.SPOT_MONTHS, msgspec.json.encode({"commodities": [one]}))
    twice = {"commodities": [{"commodity": 1}, {"commodity": 1}]}
    with pytest.raises(ControlError, match="a commodity is named once"):
        engine.check_control(CommandKind.SPOT_MONTHS, msgspec.json.encode(twice))
    assert engine.state_hash() == before
