"""Reference and engine through the same random commands: events, queues, money and holds are compared step by step."""

import pytest

from tests.market import collared_market, narrow_market
from tests.properties.driver import Run, continuous
from tests.properties.long_run import long_run

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
    run.go(2_000)
    run.auctions(3)


@pytest.mark.rule("INV-024")
@pytest.mark.rule("MARGIN-013")
def test_busy_continuous_trading_agrees_and_no_account_falls_below_its_hold() -> None:
    run = Run(20, continuous())
    run.go(1_800)
    assert run.seen["FILL"] > 300, "a run without trades shows nothing"
    assert run.seen["REJ RISK"] > 20


@pytest.mark.rule("INV-015")
@pytest.mark.rule("IMP-012")
def test_implied_trading_through_combinations_of_every_kind_agrees() -> None:
    run = Run(60, {**continuous(), "state": 0.5, "back": 3})
    run.go(3_500)
    ways = {name.removeprefix("IMPLIED ") for name in run.seen if name.startswith("IMPLIED ")}
    kinds = {f"{kind} {way}" for kind in ("CALENDAR", "TIER", "STRIP") for way in ("in", "out")}
    assert kinds | {"IOC_ONLY"} <= ways, kinds - ways


@pytest.mark.rule("INV-012")
@pytest.mark.rule("AUC-010")
@pytest.mark.rule("AUC-011")
@pytest.mark.rule("AUC-013")
def test_random_auctions_agree_on_price_volume_and_pairs() -> None:
    run = Run(30, continuous(), compare_every=200)
    run.auctions(12)
    run.compare()
    assert run.seen["UNX"] >= 12


def test_the_random_flow_reaches_every_kind_of_event_and_refusal() -> None:
    run = Run(40)
    run.go(3_500)
    while not run.seen["RREJ ELECTED"]:
        run.go(500)
    run.auctions(2)
    kinds = {name.split()[0] for name in run.seen}
    wanted = {"ACK", "REJ", "RST", "FILL", "RPL", "RREJ", "CREJ", "CXL", "IOP", "STA", "KIL", "MASS", "POS", "CASH"}
    wanted |= {"RFR", "DEC", "TRG", "UNX", "LIFTED", "DSC", "TIMER", "QUOTED", "MMP", "MMPR", "PROTECTED"}
    assert wanted <= kinds, wanted - kinds
    reasons = {name.removeprefix("REJ ") for name in run.seen if name.startswith("REJ ")}
    expected = {
        "UNKNOWN_ACCOUNT", "BAD_QTY", "BAD_COMBO", "KILLED", "STATE", "UNKNOWN_INST", "IOC_ONLY", "OFF_TICK",
        "BAD_LOT", "DUP_ID", "BAND", "CLOSE_ONLY", "POSITION", "RISK", "PO_CROSS",
        "ELECTED", "DUP_INST", "CROSSED_QUOTE", "MMP",
    }  # fmt: skip
    assert expected <= reasons, expected - reasons
    assert run.seen["CXL EXPIRED"] > 20 and run.seen["TRG"] > 50 and run.seen["RREJ ELECTED"]


def test_the_long_run_counts_what_it_saw(capsys: pytest.CaptureFixture[str]) -> None:
    seen = long_run(commands=100, seed=3)
    assert seen["ACK"] and seen["UNX"]
    assert "100 commands agree" in capsys.readouterr().out


@pytest.mark.rule("BAND-005")
@pytest.mark.rule("BAND-010")
def test_books_with_narrow_windows_agree_and_are_reserved_again_and_again() -> None:
    weights = {**continuous(), "back": 12, "state": 0.5}
    run = Run(50, weights, market=narrow_market())
    run.go(1_500)
    run.auctions(3)
    assert run.seen["STA VELOCITY"] > 10, "a run without a breach shows nothing"
    assert run.seen["STA HALT_DCB"] > 5
    assert run.seen["CXL VELOCITY"] > 10


@pytest.mark.rule("BAND-004")
@pytest.mark.rule("INV-010")
def test_days_with_moving_limits_park_orders_and_bring_them_back() -> None:
    run = Run(70, {**continuous(), "state": 0.2}, compare_every=40)
    run.days(14, 120)
    assert run.seen["PARKED"] > 8, "a run that parks nobody shows nothing"
    assert run.seen["UNPARKED"] > 4


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
