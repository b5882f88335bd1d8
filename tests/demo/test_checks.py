"""The closing checks of the demo hold for a sound venue, and fail for each thing that can be wrong."""

from datetime import date
from pathlib import Path

import pytest

from exchange.codes import CommandKind, Side
from exchange.demo import checks
from exchange.demo.checks import DemoResult, check_venue
from exchange.engine import query
from exchange.limits import MEDIUM
from exchange.main import Settings, prepare

SYMBOL = "H100.G90.F27"
SETTINGS = Settings(day=date(2026, 11, 23), symbols=(SYMBOL,), durability="none", limits="medium")


class Stopped:
    """A venue that traded a little and stopped, and what its clients know."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        with prepare(folder, SETTINGS) as opened:
            for account in (1, 2):
                opened.make_key(f"t{account}", account=account, deposit_mills=10**12)
            for account, side in ((1, Side.SELL), (2, Side.BUY)):
                fields = {"kind": CommandKind.NEW, "account": account, "side": side, "instrument": 1}
                opened.venue.own.run_now(fields | {"price": 2_810, "lots": 5})
            self.sequence, self.state_hash = opened.engine.sequence, opened.engine.state_hash()
            identity = query.instruments(opened.engine.states)[0].instrument_id
        self.holdings = {1: {identity: -5}, 2: {identity: 5}}
        self.book_faults = 0

    def result(self) -> DemoResult:
        said: list[str] = []
        result = check_venue(
            self.folder, MEDIUM, self.sequence, self.state_hash, self.holdings, self.book_faults, said.append
        )
        assert said
        return result

    def failing(self) -> list[str]:
        return [check.name for check in self.result().checks if not check.passed]


@pytest.fixture
def stopped(tmp_path: Path) -> Stopped:
    return Stopped(str(tmp_path / "venue"))


@pytest.mark.rule("INV-018")
def test_a_sound_venue_passes_every_check(stopped: Stopped) -> None:
    result = stopped.result()
    assert [check.name for check in result.checks if not check.passed] == []
    assert result.passed and (result.orders, result.fills) == (2, 1) and len(result.checks) == 9
    details = {check.name: check.detail for check in result.checks}
    assert "5 lots" in details["positions sum to zero"]
    assert ", deposits -$2,000,000,000.000" in details["ledger zero"]
    assert "2,000,000,000,000 mills" in details["totals of money match the events"]


def test_another_state_is_noticed(stopped: Stopped) -> None:
    stopped.state_hash = bytes(32)
    assert stopped.failing() == ["state hash equal after replay"]
    stopped.sequence += 1
    assert stopped.failing() == ["state hash equal after replay"]


def test_a_client_that_knows_another_position_is_noticed(stopped: Stopped) -> None:
    for wrong in ({}, {5: 1}):
        stopped.holdings[2] = wrong
        assert stopped.failing() == ["clients and venue agree on every position"]


def test_a_book_that_failed_is_noticed(stopped: Stopped) -> None:
    stopped.book_faults = 1
    assert stopped.failing() == ["every client's book passed its checksums"]


def test_a_damaged_journal_is_noticed(stopped: Stopped) -> None:
    (segment, *_) = sorted(Path(stopped.folder, "journal").iterdir())
    data = bytearray(segment.read_bytes())
    data[4_096 + 200] ^= 1
    segment.chmod(0o600)
    segment.write_bytes(data)
    assert stopped.failing() == ["journal verified"]


def test_money_or_lots_that_vanish_are_noticed(stopped: Stopped) -> None:
    with prepare(stopped.folder, SETTINGS) as opened:
        states = opened.engine.states.copy()
    assert checks.ledger_sums_to_zero(states).passed and checks.positions_sum_to_zero(states).passed
    states["accounts"][0]["cash_mills"][1] += 1
    lost = checks.ledger_sums_to_zero(states)
    assert not lost.passed and lost.detail.endswith("; they sum to 1 mills, gains to 0")
    states["positions"][0]["lots"][1] += 1
    assert not checks.positions_sum_to_zero(states).passed


def test_a_venue_where_nobody_traded_does_not_pass(tmp_path: Path) -> None:
    folder = str(tmp_path / "quiet")
    with prepare(folder, SETTINGS) as opened:
        sequence, state_hash = opened.engine.sequence, opened.engine.state_hash()
    result = check_venue(folder, MEDIUM, sequence, state_hash, {}, 0, lambda _: None)
    assert [check.name for check in result.checks if not check.passed] == ["the market traded"]


@pytest.mark.rule("SETTLE-007")
def test_variation_that_does_not_sum_to_zero_fails_its_check() -> None:
    assert checks.variation_sums_to_zero([7_000, -4_000, -3_000]).passed
    wrong = checks.variation_sums_to_zero([7_000, -6_999])
    assert not wrong.passed and wrong.detail == "$7.000 received, the sum is $0.001"
