"""BLOCK: a reported block is booked at its price, with its fee, and is no trade of the book."""

from typing import Any

import msgspec
import pytest

from exchange.clearing_codes import CashReason, HouseAccount
from exchange.codes import CommandKind, EventKind, KillParty, MarketState, Scope, Side
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.reference.controls.block import block_refusal
from exchange.units import NS_PER_S
from tests.funded import F27, HIGH, HOURS, MARK, PSR, RICH, SPREAD, TERM, Funded

MINUTE = 60 * NS_PER_S
FEE = 3
NOW = 10**18


def block(**change: Any) -> dict[str, Any]:
    terms = {"instrument": F27, "lots": 50, "tick": 2_900, "buyer": 7, "seller": RICH, "made_ns": NOW, "now_ns": NOW}
    return {**terms, "lots_min": 5, "report_ns": 15 * MINUTE, "fee_mills": FEE, **change}


def met(mills: int = 10**9, taker_fee: int = 0) -> Funded:
    funded = Funded(taker_fee)
    funded.account(7, mills)
    return funded


def refused(funded: Funded, **change: Any) -> str:
    """Why a block is refused, by the engine and by the reference; empty: it is not."""
    engine, payload = funded.pair.fast.engine, block(**change)
    before, reason = engine.state_hash(), ""
    try:
        engine.check_control(CommandKind.BLOCK, msgspec.json.encode(payload))
    except ControlError as error:
        reason = str(error).split(":")[0]
    assert engine.state_hash() == before
    assert block_refusal(funded.pair.reference, payload) == reason
    return reason


@pytest.mark.rule("LIMIT-006", "FEE-001", "SETTLE-001")
def test_both_sides_are_booked_and_pay_and_the_book_has_no_trade() -> None:
    funded = met()
    books = funded.pair.fast.engine.states[0].books
    before = books[F27].tobytes()
    blocked, *told = funded.pair.control(CommandKind.BLOCK, block())
    funded.pair.compare_accounts()
    funded.pair.compare_books()
    assert (blocked.kind, blocked.account, blocked.seller, blocked.instrument) == (EventKind.BLOCKED, 7, RICH, F27)
    assert (blocked.trade_tick, blocked.lots) == (2_900, 50)
    fee = FEE * HOURS[F27] * 50
    cash = [event for event in told if event.kind == EventKind.CASH_MOVED]
    assert [(event.account, event.amount_mills, event.cash_reason) for event in cash] == [
        (7, -fee, CashReason.FEE), (RICH, -fee, CashReason.FEE),
    ]  # fmt: skip
    held = [event for event in told if event.kind == EventKind.POSITION_CHANGED]
    assert [(event.account, event.position_lots, event.open_value_tick_lots) for event in held] == [
        (7, 50, 50 * 2_900), (RICH, -50, -50 * 2_900),
    ]  # fmt: skip
    assert query.totals(funded.pair.fast.engine.states).house_mills[HouseAccount.FEES] == 2 * fee
    assert funded.held(7) == PSR * HOURS[F27] * 50
    assert int(books[F27].long_and_short_lots) == 100
    books[F27].long_and_short_lots = 0
    assert books[F27].tobytes() == before, "no print, no window, nothing but open interest"


@pytest.mark.rule("LIMIT-006")
def test_a_block_that_turns_a_position_beside_working_orders_is_held_for_to_the_mill() -> None:
    funded = met(10**12, taker_fee=2)
    funded.trade(7, Side.BUY, 20, MARK)
    funded.new(7, Side.BUY, 30, MARK - 9)
    funded.new(7, Side.SELL, 10, MARK + 9)
    funded.pair.control(CommandKind.BLOCK, block(buyer=RICH, seller=7, lots=70, tick=MARK - 40))
    funded.pair.compare_accounts()
    assert funded.lots(7) == -50
    funded.pair.control(CommandKind.BLOCK, block(instrument=TERM, lots=6, tick=MARK))
    funded.pair.compare_accounts()


@pytest.mark.rule("LIMIT-006", "BAND-013", "STATE-001")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"lots": 4, "instrument": 9, "tick": 9}, "BAD_LOT"),
        ({"instrument": 9, "tick": 9, "now_ns": 0}, "UNKNOWN_INST"),
        ({"instrument": SPREAD}, "UNKNOWN_INST"),
        ({"instrument": 0}, "UNKNOWN_INST"),
        ({"tick": HIGH + 1, "made_ns": 0}, "BAND"),
        ({"made_ns": NOW - 15 * MINUTE - 1, "buyer": 3}, "LATE"),
        ({"made_ns": NOW + 1}, "LATE"),
        ({"made_ns": NOW - 15 * MINUTE}, ""),
        ({"tick": HIGH, "lots": 5}, ""),
        ({"buyer": RICH}, "BAD_COMBO"),
        ({"buyer": 3}, "UNKNOWN_ACCOUNT"),
    ],
)
def test_checks_of_the_report_come_in_their_order(change: dict[str, Any], reason: str) -> None:
    assert refused(met(), **change) == reason


@pytest.mark.rule("LIMIT-006", "STATE-001")
@pytest.mark.parametrize(
    ("states", "reason"),
    [((MarketState.CLOSED,), "STATE"), ((MarketState.HALT,), "STATE"), ((MarketState.PAUSED,), ""), ((), "")],
)
def test_a_block_needs_no_open_book_but_a_day_and_no_halt(states: tuple[MarketState, ...], reason: str) -> None:
    funded = met()
    funded.states(*states)
    assert refused(funded, tick=MARK) == reason


@pytest.mark.rule("LIMIT-006", "MARGIN-012", "MARGIN-013", "MARGIN-016", "LIMIT-004")
def test_buyer_and_seller_are_checked_like_the_owners_of_orders() -> None:
    enough = (PSR + 90 + FEE) * HOURS[F27] * 50
    assert refused(met(enough)) == ""
    assert refused(met(enough - 1)) == "RISK"
    assert refused(met(enough - 1), buyer=RICH, seller=7) == "", "above the mark a seller loses nothing"
    limited = Funded()
    limited.account(7, 10**12, maxpos=49)
    assert refused(limited) == "POSITION"
    assert refused(limited, buyer=RICH, seller=7) == "POSITION"
    assert refused(limited, lots=49) == ""
    closing = met()
    closing.trade(7, Side.BUY, 20, MARK)
    closing.account(7, closeonly=True)
    assert refused(closing, lots=5) == "CLOSE_ONLY"
    assert refused(closing, lots=20, buyer=RICH, seller=7, tick=2_300) == "", "an order that only closes always passes"
    assert refused(closing, lots=21, buyer=RICH, seller=7, tick=2_300) == "CLOSE_ONLY"
    killed = met()
    killed.row(CommandKind.KILL, account=7, scope=Scope.ACCOUNT, kill_party=KillParty.VENUE)
    assert refused(killed) == "KILLED"


@pytest.mark.rule("LIMIT-006")
@pytest.mark.parametrize("change", [{"lots_min": 0}, {"fee_mills": -1}, {"report_ns": -1}, {"now_ns": -1}])
def test_terms_that_no_venue_has_are_refused(change: dict[str, Any]) -> None:
    engine = met().pair.fast.engine
    with pytest.raises(ControlError, match=r"block: .* not in"):
        engine.check_control(CommandKind.BLOCK, msgspec.json.encode(block(**change)))
