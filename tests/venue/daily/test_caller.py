"""Margin runs asked for by the venue: after marks, when a call is due, and the liquidation that follows."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.clearing_codes import HouseAccount, Standing
from exchange.codes import CommandKind, MarketState, Side
from exchange.engine import query
from exchange.engine.calls.standing import OpenCall, open_call, standing
from exchange.journal.replay import read_frames
from exchange.journal.verify import verify
from exchange.units import NS_PER_HOUR, NS_PER_S
from tests.gateway.harness import Bench, NoSyncDisk
from tests.venue.daily.test_settler import HOUR, trade
from tests.venue.test_timekeeper import move_to

LOTS, HOURS = 10, 744
FALL = 200  # ticks
SPARE = 1_000
FEE = 2
MINUTE = 60 * NS_PER_S


def runs(bench: Bench) -> list[dict[str, Any]]:
    """Payloads of the journal's MARGIN controls."""
    bench.settle()
    frames = [frame for frame in read_frames(bench.folder, NoSyncDisk()) if frame.payload and frame.records]
    return [msgspec.json.decode(frame.payload) for frame in frames if frame.rows[0]["kind"] == CommandKind.MARGIN]


def rows(bench: Bench, kind: CommandKind) -> list[Any]:
    frames = [frame for frame in read_frames(bench.folder, NoSyncDisk()) if not frame.payload and frame.records]
    return [row for frame in frames for row in frame.rows if row["kind"] == kind and not row["session"]]


def submit(bench: Bench, kind: CommandKind, **fields: int) -> None:
    bench.venue.own.submit({"kind": kind, **fields}, lambda _events: None)
    bench.settle()


def poor_buyer(bench: Bench) -> None:
    """Account 2 is long of ten lots, with a little more than their margin. Then the price falls."""
    trade(bench, 1, bench.price, LOTS)
    margin = query.margin(bench.venue.states, 2)
    keep = margin.initial_mills + SPARE
    submit(bench, CommandKind.WITHDRAW, account=2, amount_mills=margin.cash_mills - keep)
    fall(bench, FALL)


def fall(bench: Bench, ticks: int) -> None:
    """Accounts 1 and 3 trade so far below the settlement."""
    for number, side in ((1, Side.SELL), (3, Side.BUY)):
        terms = {"instrument": 1, "side": side, "price": bench.price - ticks, "lots": 1}
        submit(bench, CommandKind.NEW, account=number, **terms)


def later(bench: Bench, nanoseconds: int) -> None:
    bench.clock.now += nanoseconds
    bench.pass_ms(100)


@pytest.mark.rule("MARGIN-012", "SESSION-001")
def test_after_a_close_margin_is_computed_once_all_groups_have_their_day(tmp_path: Path) -> None:
    with Bench(str(tmp_path), schedule=HOUR) as bench:
        trade(bench, 1, bench.price, LOTS)
        move_to(bench, 3_590)
        before = len(runs(bench))
        move_to(bench, 2)
        bench.pass_ms(300)
        state = query.instruments(bench.venue.states)[0].state
        assert state == MarketState.PREOPEN and len(runs(bench)) == before + 1
        assert bench.venue.states[0].accounts[2].required_mills > 0


@pytest.mark.rule("MARGIN-012", "MARGIN-014", "FALL-003", "INV-018")
def test_a_loser_is_called_after_a_mark_and_sold_out_when_the_call_is_due(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        poor_buyer(bench)
        states = bench.venue.states
        assert open_call(states, 2) is None and runs(bench) == []
        later(bench, MINUTE)
        lost = FALL * LOTS * HOURS
        call = OpenCall(lost - SPARE, int(states["time_ns"][0]) + 2 * NS_PER_HOUR)
        assert open_call(states, 2) == call and standing(states, 2) == Standing.CLOSE_ONLY
        given = {"addon_bp": 5_000, "maintenance_bp": 8_000, "call_ns": 2 * NS_PER_HOUR}
        assert runs(bench) == [given], "one commodity, and no month near its end"
        later(bench, 116 * MINUTE)
        for ticks in (FALL + 70, FALL + 140, 2 * FALL):  # within the windows of BAND-012
            fall(bench, ticks)
            later(bench, MINUTE)
        call = call._replace(mills=2 * FALL * LOTS * HOURS - SPARE)
        assert open_call(states, 2) == call and query.position(states, 2, 1).lots == LOTS
        terms = {"instrument": 1, "side": Side.BUY, "price": bench.price - 2 * FALL}
        submit(bench, CommandKind.NEW, account=3, lots=4, **terms)
        later(bench, MINUTE)
        assert standing(states, 2) == Standing.LIQUIDATING and query.position(states, 2, 1).lots == LOTS - 4
        submit(bench, CommandKind.NEW, account=3, lots=9, **terms)
        later(bench, MINUTE)
        assert query.position(states, 2, 1).lots == 0
        assert [int(row["lots"]) for row in rows(bench, CommandKind.NEW) if row["account"] == 2] == [10, 6]
        later(bench, MINUTE)
        totals = query.totals(states)
        assert totals.ledger_mills == 0
        assert totals.house_mills[HouseAccount.DEFAULT] == SPARE - FEE * LOTS * HOURS, "its margin pays all but a fee"
        assert standing(states, 2) == Standing.DEFAULTED
        assert query.margin(states, 2).equity_mills == 0
        count = len(runs(bench))
        later(bench, MINUTE)
        assert len(runs(bench)) == count, "nothing is left to do"
    verify(str(tmp_path), deep=True)
