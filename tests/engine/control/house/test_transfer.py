"""TRANSFER: lots go from one account to another; engine and reference side by side."""

from typing import Any

import msgspec
import pytest

from exchange.codes import CommandKind, EventKind, KillParty, MarketState, Scope, Side
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.reference.controls.transfer import transfer_refusal
from tests.funded import F27, G27, HIGH, HOURS, MARK, PSR, SPREAD, Funded

TAKER = 8


def held(side: Side = Side.BUY, lots: int = 20, taker_mills: int = 10**12, **limits: int) -> Funded:
    """Account 7 holds lots; account TAKER holds nothing."""
    funded = Funded()
    funded.account(7, 10**12)
    funded.account(TAKER, taker_mills, **limits)
    funded.trade(7, side, lots, MARK)
    return funded


def transfer(lots: int = 20, **change: Any) -> dict[str, Any]:
    return {"instrument": F27, "lots": lots, "tick": MARK, "giver": 7, "taker": TAKER, "by_two": True, **change}


def refused(funded: Funded, **change: Any) -> str:
    """Why a transfer is refused, by the engine and by the reference; empty: it is not."""
    engine, payload, reason = funded.pair.fast.engine, transfer(**change), ""
    before = engine.state_hash()
    try:
        engine.check_control(CommandKind.TRANSFER, msgspec.json.encode(payload))
    except ControlError as error:
        reason = str(error).split(":")[0]
    assert engine.state_hash() == before
    assert transfer_refusal(funded.pair.reference, payload) == reason
    return reason


@pytest.mark.rule("SETTLE-015", "INV-018")
@pytest.mark.parametrize(("side", "sign"), [(Side.BUY, 1), (Side.SELL, -1)])
def test_long_and_short_lots_change_their_holder_and_no_cash_moves(side: Side, sign: int) -> None:
    funded = held(side)
    states = funded.pair.fast.engine.states
    volume = int(states[0].books[F27].volume_lots)
    moved, *reports = funded.pair.control(CommandKind.TRANSFER, transfer(15 * sign))
    funded.pair.compare_accounts()
    funded.pair.compare_books()
    buyer, seller = (TAKER, 7) if sign > 0 else (7, TAKER)
    assert (moved.kind, moved.account, moved.seller, moved.lots) == (EventKind.TRANSFERRED, buyer, seller, 15)
    assert [event.kind for event in reports] == [EventKind.POSITION_CHANGED] * 2
    assert (funded.lots(7), funded.lots(TAKER)) == (5 * sign, 15 * sign)
    assert all(query.margin(states, account).cash_mills == 10**12 for account in (7, TAKER))
    assert int(states[0].books[F27].volume_lots) == volume, "it is no print"
    assert funded.held(TAKER) == PSR * HOURS[F27] * 15


@pytest.mark.rule("SETTLE-015", "BAND-013", "STATE-001")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"lots": 0}, "BAD_LOT"),
        ({"instrument": SPREAD}, "UNKNOWN_INST"),
        ({"instrument": 99}, "UNKNOWN_INST"),
        ({"tick": HIGH + 1}, "BAND"),
        ({"tick": HIGH}, ""),
        ({"taker": 7}, "BAD_COMBO"),
        ({"taker": 3}, "UNKNOWN_ACCOUNT"),
        ({"giver": 3}, "UNKNOWN_ACCOUNT"),
        ({"lots": 21}, "POSITION"),
        ({"lots": -20}, "POSITION"),
        ({"instrument": G27}, "POSITION"),
        ({"giver": TAKER, "taker": 7}, "POSITION"),
    ],
)
def test_the_giver_must_hold_what_it_gives(change: dict[str, Any], reason: str) -> None:
    assert refused(held(), **change) == reason


@pytest.mark.rule("MARGIN-012", "MARGIN-013", "LIMIT-004", "KILL-001")
def test_the_taker_is_checked_like_the_owner_of_an_order() -> None:
    need = PSR * HOURS[F27] * 20
    assert refused(held(taker_mills=need)) == ""
    assert refused(held(taker_mills=need - 1)) == "RISK"
    assert refused(held(maxpos=19)) == "POSITION"
    assert refused(held(closeonly=True)) == "CLOSE_ONLY"
    killed = held()
    killed.row(CommandKind.KILL, account=TAKER, scope=Scope.ACCOUNT, kill_party=KillParty.VENUE)
    assert refused(killed) == "KILLED"


@pytest.mark.rule("MARGIN-013", "MARGIN-016", "KILL-001")
def test_a_killed_giver_may_give_but_not_a_hedge_that_it_cannot_be_without() -> None:
    funded = held()
    funded.trade(7, Side.SELL, 20, MARK, book=G27)
    funded.row(CommandKind.KILL, account=7, scope=Scope.ACCOUNT, kill_party=KillParty.VENUE)
    assert refused(funded) == ""
    hold = funded.held(7)
    funded.row(CommandKind.WITHDRAW, account=7, amount_mills=10**12 - hold)
    assert refused(funded) == "", "it only closes (MARGIN-016)"
    waiting = held()
    waiting.new(7, Side.SELL, 40, MARK + 50)
    waiting.row(CommandKind.WITHDRAW, account=7, amount_mills=10**12 - waiting.held(7))
    assert refused(waiting) == "RISK", "its working order would open a short position"


@pytest.mark.rule("STATE-001")
@pytest.mark.parametrize(("state", "reason"), [(MarketState.CLOSED, "STATE"), (MarketState.HALT, "")])
def test_lots_move_on_every_day_that_has_begun(state: MarketState, reason: str) -> None:
    funded = held()
    funded.states(state)
    assert refused(funded) == reason


@pytest.mark.rule("SETTLE-015")
def test_one_person_alone_is_refused() -> None:
    engine = held().pair.fast.engine
    with pytest.raises(ControlError, match="takes two people"):
        engine.check_control(CommandKind.TRANSFER, msgspec.json.encode(transfer(by_two=False)))
