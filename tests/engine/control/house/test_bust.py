"""BUST: trades are taken back at their price, with their fees; engine and reference side by side."""

from typing import Any

import msgspec
import pytest

from exchange.clearing_codes import CashReason, HouseAccount
from exchange.codes import CommandKind, EventKind, Side, TimeInForce
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.reference.controls.bust import bust_refusal
from tests.funded import F27, G27, HOURS, MARK, RICH, SPREAD, TERM, Funded

FEE = 2


def traded(price: int = MARK + 10, lots: int = 20) -> Funded:
    """Account 7 has bought of RICH; the trade has the id 1."""
    funded = Funded(taker_fee=FEE)
    funded.account(7, 10**12)
    funded.trade(7, Side.BUY, lots, price)
    return funded


def bust(price: int = MARK + 10, lots: int = 20, **change: Any) -> dict[str, Any]:
    """Takes back what `traded` has done."""
    terms = {
        "trades": [{"trade_id": 1, "instrument": F27, "lots": lots, "tick": price}],
        "fills": [fill(7, lots, price), fill(RICH, -lots, price)],
        "paid": [{"account": 7, "fee_mills": FEE * HOURS[F27] * lots}],
        "by_two": True,
    }
    return terms | change


def fill(account: int, lots: int, tick: int, instrument: int = F27) -> dict[str, int]:
    return {"account": account, "instrument": instrument, "lots": lots, "tick": tick}


def refused(funded: Funded, payload: dict[str, Any]) -> str:
    """Why a bust is refused, by the engine and by the reference; empty: it is not."""
    engine, reason = funded.pair.fast.engine, ""
    before = engine.state_hash()
    try:
        engine.check_control(CommandKind.BUST, msgspec.json.encode(payload))
    except ControlError as error:
        reason = str(error).split(":")[0]
    assert engine.state_hash() == before
    assert bust_refusal(funded.pair.reference, payload) == reason
    return reason


@pytest.mark.rule("SETTLE-014", "INV-018")
def test_positions_and_fees_are_as_if_the_trade_had_never_been() -> None:
    funded, never = traded(), Funded(taker_fee=FEE)
    never.account(7, 10**12)
    busted, *reports = funded.pair.control(CommandKind.BUST, bust())
    funded.pair.compare_accounts()
    funded.pair.compare_books()
    assert (busted.kind, busted.account, busted.trade_id, busted.instrument) == (EventKind.BUSTED, 0, 1, F27)
    assert (busted.trade_tick, busted.lots) == (MARK + 10, 20)
    cash = [event for event in reports if event.kind == EventKind.CASH_MOVED]
    paid = FEE * HOURS[F27] * 20
    assert [(one.account, one.amount_mills, one.cash_reason) for one in cash] == [(7, paid, CashReason.BUST)]
    held = [event for event in reports if event.kind == EventKind.POSITION_CHANGED]
    assert [(one.account, one.position_lots, one.open_value_tick_lots) for one in held] == [(7, 0, 0), (RICH, 0, 0)]
    states = funded.pair.fast.engine.states
    for account in (7, RICH):
        assert query.margin(states, account) == query.margin(never.pair.fast.engine.states, account)
    assert query.totals(states).house_mills[HouseAccount.FEES] == 0
    assert int(states[0].books[F27].long_and_short_lots) == 0
    assert int(states[0].books[F27].last_tick) == MARK + 10, "the print stays"


@pytest.mark.rule("SETTLE-007")
def test_variation_that_was_paid_comes_back_with_the_next_run() -> None:
    funded = traded()
    funded.settle(MARK + 40, F27)
    states = funded.pair.fast.engine.states
    assert query.margin(states, 7).cash_mills == 10**12 + (30 - FEE) * HOURS[F27] * 20
    funded.pair.control(CommandKind.BUST, bust())
    funded.settle(MARK + 70, F27)
    funded.pair.compare_accounts()
    assert query.margin(states, 7).cash_mills == 10**12 and funded.lots(7) == 0


@pytest.mark.rule("SETTLE-014", "SPEC-041")
def test_a_spread_is_taken_back_leg_by_leg() -> None:
    funded = Funded(taker_fee=FEE)
    funded.account(7, 10**12)
    funded.trade(7, Side.BUY, 5, 12, book=SPREAD)
    legs = [event for event in funded.pair.events if event.kind == EventKind.LEG_FILLED]
    fills = [
        fill(one.account, one.lots if one.side == Side.BUY else -one.lots, one.trade_tick, one.instrument)
        for one in legs
    ]
    trades = [{"trade_id": 1, "instrument": SPREAD, "lots": 5, "tick": 12}]
    funded.pair.control(CommandKind.BUST, bust(trades=trades, fills=fills, paid=[{"account": 7, "fee_mills": 7_440}]))
    funded.pair.compare_accounts()
    assert funded.lots(7, F27) == funded.lots(7, G27) == funded.lots(RICH, F27) == 0
    assert query.margin(funded.pair.fast.engine.states, 7).cash_mills == 10**12


@pytest.mark.rule("SETTLE-014", "CASCADE-006")
def test_the_remainder_of_a_strip_goes_back_to_its_buyer() -> None:
    funded = traded()
    paid = [
        {"account": 7, "fee_mills": 0, "rounding_mills": 72},
        {"account": RICH, "fee_mills": 0, "rounding_mills": -72},
    ]
    cash = query.margin(funded.pair.fast.engine.states, 7).cash_mills
    funded.pair.control(CommandKind.BUST, bust(paid=paid))
    funded.pair.compare_accounts()
    assert query.margin(funded.pair.fast.engine.states, 7).cash_mills == cash + 72
    assert query.totals(funded.pair.fast.engine.states).house_mills[HouseAccount.ROUNDING] == 0


@pytest.mark.rule("SETTLE-014")
def test_a_trade_is_taken_back_once() -> None:
    funded = traded()
    assert refused(funded, bust()) == ""
    funded.pair.control(CommandKind.BUST, bust())
    assert refused(funded, bust()) == "DONE"
    states = funded.pair.fast.engine.states
    states["busts"] = states["busted_trades"].size
    funded.trade(7, Side.BUY, 1, MARK)
    second = bust(MARK, 1) | {"trades": [{"trade_id": 2, "instrument": F27, "lots": 1, "tick": MARK}]}
    funded.pair.fast.control(CommandKind.BUST, second)
    assert funded.pair.fast.engine.states["busted_trades"][0, :2].tolist() == [2, 0], "the oldest place is used again"


@pytest.mark.rule("SETTLE-014")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"trades": [{"trade_id": 2, "instrument": F27, "lots": 20, "tick": MARK}]}, "UNKNOWN"),
        ({"trades": [{"trade_id": 0, "instrument": F27, "lots": 20, "tick": MARK}]}, "UNKNOWN"),
        ({"fills": [fill(3, 20, MARK), fill(RICH, -20, MARK)]}, "UNKNOWN_ACCOUNT"),
        ({"fills": [fill(7, 20, MARK, SPREAD), fill(RICH, -20, MARK, SPREAD)]}, "UNKNOWN_INST"),
        ({"fills": [fill(7, 20, MARK, 99), fill(RICH, -20, MARK, 99)]}, "UNKNOWN_INST"),
        ({"fills": [fill(7, 20, MARK), fill(RICH, -19, MARK)]}, "UNBALANCED"),
        ({"fills": [fill(7, 20, MARK), fill(RICH, -20, MARK + 1)]}, "UNBALANCED"),
        ({"fills": [fill(7, 20, MARK, TERM), fill(RICH, -20, MARK)]}, "UNBALANCED"),
        ({"paid": [{"account": 7, "fee_mills": 0, "rounding_mills": 1}]}, "UNBALANCED"),
        ({"paid": [{"account": 3, "fee_mills": 0}]}, "UNKNOWN_ACCOUNT"),
    ],
)
def test_a_bust_that_does_not_add_up_is_refused(change: dict[str, Any], reason: str) -> None:
    assert refused(traded(), bust() | change) == reason


@pytest.mark.rule("SETTLE-014")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"by_two": False}, "takes two people"),
        ({"trades": []}, "number of trades 0 not in 1"),
        ({"fills": []}, "number of fills 0 not in 2"),
        ({"paid": [{"account": 7, "fee_mills": -1}]}, "fee of account 7 -1 not in 0"),
        ({"paid": [{"account": 7, "fee_mills": 0}] * 2}, "paid back once"),
        ({"trades": [{"trade_id": 1, "instrument": F27, "lots": 0, "tick": MARK}]}, "lots of trade 1 0 not in 1"),
    ],
)
def test_terms_that_no_trade_has_are_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ControlError, match=why):
        traded().pair.fast.engine.check_control(CommandKind.BUST, msgspec.json.encode(bust() | change))


@pytest.mark.rule("SETTLE-014", "MARGIN-013")
def test_the_hold_is_computed_again_beside_working_orders() -> None:
    funded = traded()
    funded.new(7, Side.SELL, 15, MARK + 30)
    funded.new(7, Side.BUY, 5, MARK - 30, tif=TimeInForce.DAY)
    funded.pair.control(CommandKind.BUST, bust())
    funded.pair.compare_accounts()
    assert funded.lots(7) == 0
