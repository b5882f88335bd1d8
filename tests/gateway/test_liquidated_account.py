"""An account sees which of its orders the venue entered to liquidate it, in each encoding and in replays."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.codes import CommandKind, Side
from exchange.engine import query
from exchange.units import NS_PER_S
from exchange.wire.messages import Cancel, Exec, Fill, Query, Replay, ReplayEnd
from tests.gateway.harness import Bench, Peer
from tests.venue.daily.test_caller import FALL, MINUTE, fall, later, poor_buyer, submit

POOR = 2  # its account
FORMATS: tuple[dict[str, bool], ...] = ({}, {"msgpack": True}, {"binary": True})


def called(bench: Bench) -> None:
    """POOR has been called for margin, the call is due in a second, and somebody buys four of its ten lots."""
    poor_buyer(bench)
    later(bench, MINUTE)
    later(bench, 116 * MINUTE)
    for ticks in (FALL + 70, FALL + 140, 2 * FALL):  # within the windows of BAND-012
        fall(bench, ticks)
        later(bench, MINUTE)
    buy = {"instrument": 1, "side": Side.BUY, "price": bench.price - 2 * FALL, "lots": 4}
    submit(bench, CommandKind.NEW, account=3, **buy)
    due_ns = int(bench.venue.states[0].accounts[POOR].call_due_ns)
    later(bench, due_ns - bench.clock.now - NS_PER_S)


def reports(messages: list[Any]) -> list[Any]:
    """What is said of orders, as objects; a replay marks it."""
    found = [msgspec.to_builtins(message) for message in messages if isinstance(message, Exec | Fill)]
    return [{key: value for key, value in one.items() if key not in ("rp", "re")} for one in found]


@pytest.mark.rule("FALL-003", "ACCT-003", "RECOV-010", "RECOV-014", "WIRE-031")
def test_reports_of_a_liquidation_are_marked_when_they_come_and_when_they_come_again(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        own = bench.connect(bench.keys[POOR])
        own.ask(bench.order(10, "own", price_tick=bench.price - 3), Cancel(request_id=11, client_order_id="own"))
        called(bench)
        applied = query.account_sequence(bench.venue.states, POOR)
        peers: list[Peer] = [bench.connect(bench.keys[POOR], **formats) for formats in FORMATS]
        later(bench, 2 * NS_PER_S)
        assert query.position(bench.venue.states, POOR, 1).lots == 6
        heard = [reports(peer.take()) for peer in peers]
        assert heard[0] == heard[1] == heard[2]
        assert [(one.get("ev", "fill"), one["lqd"]) for one in heard[0]] == [
            ("new", True), ("fill", True), ("cancelled", True),
        ]  # fmt: skip
        last = query.account_sequence(bench.venue.states, POOR)
        for number, peer in enumerate(peers, 20):
            again = peer.ask(Replay(request_id=number, first_sequence=1, last_sequence=last))
            assert isinstance(again[-1], ReplayEnd) and reports(again)[-3:] == heard[0]
            assert not any("lqd" in one for one in reports(again)[:-3]), "orders of the client are not marked"
        resumed = bench.open()
        session = own.connection.session
        assert session is not None
        missed = resumed.log_on(bench.keys[POOR], session.name, take=True, last_applied=[(POOR, applied)])
        assert reports(missed) == heard[0]
        fills = resumed.ask(Query(request_id=30, what="fills", first_sequence=1, last_sequence=last))[0].fills
        assert [(one.lots, one.liquidation) for one in fills[-2:]] == [(10, False), (4, True)]
