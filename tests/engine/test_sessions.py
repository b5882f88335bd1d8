"""Rows of sessions in the engine: whose they are, and what is forgotten when another session is opened (RECOV-013)."""

from typing import Any

import pytest

from exchange.codes import CommandKind, EventKind, KillParty, RejectReason, Scope, Side, TimeInForce
from exchange.engine import query
from exchange.reference.rows import Command
from tests.market import open_property_market
from tests.venues import Pair

ROWS = 64  # of MEDIUM limits
FIRST, SECOND = 5, 5 + ROWS  # sessions of one row


class Desk:
    """Engine and reference; their events are compared after every command, their sessions at every question."""

    def __init__(self) -> None:
        self.pair, self.sequence = Pair(), 0
        open_property_market(self.pair, self.row, (1, 2))

    def row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.pair.apply(Command(kind=kind, sequence=self.sequence, **fields))

    def open(self, session: int, account: int = 1) -> None:
        self.row(CommandKind.SESSION, session=session, account=account)

    def order(self, session: int, request_id: int) -> Any:
        """First event of an order that rests."""
        order = {"instrument": 9, "side": Side.BUY, "price": 96, "lots": 1, "tif": TimeInForce.GTC, "account": 1}
        return self.row(CommandKind.NEW, session=session, request_id=request_id, **order)[0]

    def kill(self, session: int, kind: CommandKind = CommandKind.KILL) -> Any:
        return self.row(kind, order_type=Scope.SESSION, group=session, reason=KillParty.RISK)[0]

    def last_request(self, session: int) -> int:
        self.pair.compare_sessions()
        return query.last_request_id(self.pair.fast.engine.states, session)


@pytest.mark.rule("RECOV-013", "SESS-007")
def test_a_session_that_takes_a_row_begins_with_nothing_and_the_one_before_is_forgotten() -> None:
    desk = Desk()
    desk.open(FIRST)
    desk.order(FIRST, 70)
    desk.open(FIRST)
    assert desk.last_request(FIRST) == 70, "resumed"
    desk.open(SECOND, account=2)
    assert (desk.last_request(FIRST), desk.last_request(SECOND)) == (0, 0)
    desk.order(SECOND, 3)
    assert desk.order(FIRST, 80).kind == EventKind.ORDER_ACCEPTED, "nothing bars it"
    assert (desk.last_request(FIRST), desk.last_request(SECOND)) == (0, 3)
    states = desk.pair.fast.engine.states
    assert query.knows_session(states, SECOND) and not query.knows_session(states, FIRST)


@pytest.mark.rule("RECOV-013", "KILL-001", "KILL-004")
def test_a_kill_ends_with_its_session_and_stops_no_other_of_the_row() -> None:
    desk = Desk()
    desk.open(FIRST)
    assert desk.kill(FIRST).kind == EventKind.KILLED
    assert desk.order(FIRST, 1).reason == RejectReason.KILLED
    assert desk.order(SECOND, 1).kind == EventKind.ORDER_ACCEPTED, "another number, never opened"
    desk.open(SECOND, account=2)
    assert desk.order(SECOND, 1).kind == EventKind.ORDER_ACCEPTED
    desk.kill(SECOND)
    lifted = desk.kill(FIRST, CommandKind.UNKILL)
    assert (lifted.kind, lifted.account) == (EventKind.KILL_LIFTED, 0)
    assert desk.order(SECOND, 2).reason == RejectReason.KILLED, "that of another was lifted"
    killed = desk.kill(SECOND)
    assert (killed.kind, killed.account) == (EventKind.KILLED, 2), "who opened it, not who opened the one before"
    desk.open(FIRST)
    assert desk.order(FIRST, 1).kind == EventKind.ORDER_ACCEPTED
    desk.pair.compare_sessions()


@pytest.mark.rule("RECOV-013", "KILL-001")
def test_orders_of_a_session_that_is_forgotten_leave_by_its_number_and_it_is_not_blocked() -> None:
    desk = Desk()
    desk.open(FIRST)
    desk.order(FIRST, 1)
    desk.open(SECOND)
    desk.order(SECOND, 1)
    told = desk.row(CommandKind.KILL, scope=Scope.SESSION, killed_session=FIRST, kill_party=KillParty.RISK)
    assert [(event.kind, event.session) for event in told] == [
        (EventKind.KILLED, FIRST),
        (EventKind.ORDER_CANCELLED, FIRST),
    ]
    assert desk.order(FIRST, 2).kind == desk.order(SECOND, 2).kind == EventKind.ORDER_ACCEPTED
    desk.pair.compare_sessions()


@pytest.mark.rule("SESS-007", "KILL-001")
@pytest.mark.parametrize("nobody", [0, ROWS, 3 * ROWS])
def test_nothing_is_noted_of_a_number_that_points_to_the_first_row(nobody: int) -> None:
    desk = Desk()
    desk.open(nobody)
    assert desk.order(nobody, 9).kind == EventKind.ORDER_ACCEPTED
    assert desk.kill(nobody).kind == (EventKind.KILLED if nobody else EventKind.COMMAND_REFUSED)
    assert desk.order(nobody, 10).kind == EventKind.ORDER_ACCEPTED
    assert desk.last_request(nobody) == 0
    assert not desk.pair.fast.engine.states["sessions"][0][0].tobytes().strip(b"\0")


@pytest.mark.rule("SESS-007", "KILL-001")
def test_a_row_that_nobody_has_is_that_of_the_first_to_be_noted() -> None:
    """Tapes have sessions that were never opened."""
    desk = Desk()
    desk.order(FIRST, 9)
    desk.order(SECOND, 12)
    assert (desk.last_request(FIRST), desk.last_request(SECOND)) == (9, 0)
    assert desk.kill(SECOND + 1).kind == EventKind.KILLED
    desk.order(FIRST + 1, 12)
    assert desk.last_request(FIRST + 1) == 0
    desk.row(CommandKind.SESSION, session=FIRST + 2, account=1, time_ns=1_000)
    assert query.last_session(desk.pair.fast.engine.states) == FIRST + 2, "none above was opened"
