"""Reference and engine through the same random commands: events, queues, money and holds are compared step by step."""

import re

import pytest

from exchange.codes import CommandKind, EventKind, RejectReason
from exchange.reference.book import Book, Order
from tests.market import collared_market, curve_market, narrow_market
from tests.properties.differential import main, run_market
from tests.properties.driver import Run, continuous
from tests.properties.plans import CURVES, PLANS, plan_of
from tests.properties.wanted_features import REFUSALS

SEEDS = (1, 2, 3, 4)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.rule("INV-001")
@pytest.mark.rule("INV-002")
@pytest.mark.rule("INV-003")
@pytest.mark.rule("INV-004")
@pytest.mark.rule("INV-005")
@pytest.mark.rule("INV-006")
@pytest.mark.rule("INV-007")
@pytest.mark.rule("INV-008")
@pytest.mark.rule("INV-011")
@pytest.mark.rule("INV-016")
@pytest.mark.rule("INV-017")
@pytest.mark.rule("INV-018")
@pytest.mark.rule("INV-019")
@pytest.mark.rule("INV-024")
@pytest.mark.rule("INV-026")
def test_random_commands_have_the_same_events_and_effects_on_both_books(seed: int) -> None:
    run = Run(seed)
    run.go(1_200)
    run.auctions(2)


@pytest.mark.rule("INV-024")
@pytest.mark.rule("MARGIN-013")
def test_busy_continuous_trading_agrees_and_no_account_falls_below_its_hold() -> None:
    run = Run(20, continuous())
    run.go(1_200)
    assert run.seen["FILL"] > 300, "a run without trades shows nothing"
    assert run.seen["REJ RISK"] > 10


@pytest.mark.rule("INV-015")
@pytest.mark.rule("IMP-012")
def test_implied_trading_through_combinations_of_every_kind_agrees() -> None:
    run = Run(62, {**continuous(), "state": 0.5, "back": 3})
    run.go(3_500)
    ways = {name.removeprefix("IMPLIED ") for name in run.seen if name.startswith("IMPLIED ")}
    kinds = {f"{kind} {way}" for kind in ("CALENDAR", "TIER", "STRIP") for way in ("in", "out")}
    assert kinds | {"IOC_ONLY"} <= ways, kinds - ways


@pytest.mark.rule("SMP-010")
@pytest.mark.rule("INV-007")
@pytest.mark.rule("INV-015")
def test_paths_through_a_curve_that_few_owners_quote_agree() -> None:
    run = Run(80, CURVES, market=curve_market())
    run.go(1_200)
    assert run.seen["INTERNAL order"] > 15, "a run without internal legs shows nothing"
    assert run.seen["INTERNAL quote"] > 10


@pytest.mark.rule("INV-012")
@pytest.mark.rule("AUC-010")
@pytest.mark.rule("AUC-011")
@pytest.mark.rule("AUC-013")
def test_random_auctions_agree_on_price_volume_and_pairs() -> None:
    run = Run(30, continuous(), compare_every=200)
    run.auctions(12)
    run.compare()
    assert run.seen["UNX"] >= 12


def test_the_random_flow_reaches_every_kind_of_event_and_most_refusals() -> None:
    of_controls = {EventKind.SETTLED, EventKind.MARKED, EventKind.INSTRUMENT_ENDED, EventKind.POSITION_CASCADED}
    of_controls |= {EventKind.MARGIN_CALLED, EventKind.INDEX_TAKEN, EventKind.BLOCKED}
    of_controls |= {EventKind.BUSTED, EventKind.TRANSFERRED}
    wanted = {f"event {kind.abbreviation}" for kind in set(EventKind) - of_controls} | {
        "CXL EXPIRED",
        "RREJ ELECTED",
        "TRG",
    }
    wanted |= {f"NEW refused {reason.abbreviation}" for reason in REFUSALS[CommandKind.NEW] - {RejectReason.FULL}}
    wanted |= {f"QUOTE refused {reason.abbreviation}" for reason in (RejectReason.DUP_INST, RejectReason.CROSSED_QUOTE)}
    run = Run(42)
    while wanted - set(run.seen) and run.commands < 15_000:
        run.go(1_500)
        run.auctions(1)
    assert not wanted - set(run.seen)


@pytest.mark.rule("INV-020")
@pytest.mark.rule("INV-024")
@pytest.mark.parametrize("seed", range(len(PLANS)))
def test_a_market_of_every_kind_agrees_and_leaves_one_state_hash(seed: int) -> None:
    assert plan_of(seed) is PLANS[seed]
    seen, compared = run_market((seed, PLANS[seed].crowd + 400))
    assert compared >= PLANS[seed].crowd + 400 and seen["event ACK"]


def test_the_run_ends_with_what_was_seen_and_how_many_commands_agreed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--commands", "100", "--seeds", "3"]) == 0
    told = capsys.readouterr().out
    assert "events: ACK " in told and "never seen: " in told
    assert re.search(r"^\d+ commands compared, 0 differences$", told, re.MULTILINE)


def test_a_difference_is_told_with_both_sides_and_how_to_repeat_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A planted fault: the reference lets a resting order show one lot less than it has.
    honest = Book.rest
    monkeypatch.setattr(Book, "rest", lambda book, order: (honest(book, order), _hide_one(order)))
    assert main(["--commands", "500", "--seeds", "3"]) == 1
    told = capsys.readouterr().err
    assert "seed 3" in told and "command " in told and "step " in told
    assert "] reference " in told and "] engine " in told
    assert "again: python -m tests.properties.differential --seeds 3 --commands 500" in told


def _hide_one(order: Order) -> None:
    order.shown_lots = max(1, order.shown_lots - 1)


@pytest.mark.rule("BAND-005")
@pytest.mark.rule("BAND-010")
def test_books_with_narrow_windows_agree_and_are_reserved_again_and_again() -> None:
    weights = {**continuous(), "back": 12, "state": 0.5}
    run = Run(50, weights, market=narrow_market())
    run.go(1_800)
    run.auctions(3)
    assert run.seen["STA VELOCITY"] > 10, "a run without a breach shows nothing"
    assert run.seen["STA HALT_DCB"] > 5
    assert run.seen["CXL VELOCITY"] > 10


@pytest.mark.rule("BAND-004")
@pytest.mark.rule("INV-010")
@pytest.mark.rule("SPEC-002")
def test_days_with_moving_limits_and_increments_park_orders_bring_them_back_and_end_them() -> None:
    run = Run(71, {**continuous(), "state": 0.2}, compare_every=40)
    run.days(24, 120)
    assert run.seen["PARKED"] > 8, "a run that parks no order shows nothing"
    assert run.seen["UNPARKED"] > 4
    assert run.seen["CXL ADMIN"] > 8
    assert run.seen["event SETTLED"] > 8 and run.seen["event MARKED"] > 8


@pytest.mark.rule("AUC-014")
@pytest.mark.rule("INV-012")
def test_auctions_beyond_their_collar_agree_on_who_opens_and_at_which_edge() -> None:
    run = Run(90, {**continuous(), "back": 12, "state": 2}, market=collared_market())
    for _ in range(6):
        run.auctions(4)
        run.flow.weigh({**continuous(), "back": 12, "state": 1})
        run.go(120)
    assert run.seen["STA COLLAR"] > 20, "a run without an extension shows nothing"
    assert run.seen["CLAMPED"] > 3
