"""Messages of firms as they are released: to whom they go, with which numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from exchange.clearing_codes import AccountFlag
from exchange.codes import CancelReason, EventFlag, EventKind, RejectReason
from exchange.engine.event_rows import Row
from exchange.engine.state import new_state
from exchange.limits import MEDIUM
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.drop_copy.firms import Firms, NumberedRows
from exchange.publish.drop_copy.streams import SLICE_ROWS, DropCopies
from exchange.publish.execution_reports import ExecutionReports
from exchange.wire.messages import AccountMessage, Fill
from exchange.wire.table import ACCOUNT_FORMS
from tests.publish.helpers import event, event_array, table

REASONS = {EventKind.ORDER_REJECTED: RejectReason.BAND, EventKind.DISCONNECTED: CancelReason.COD}
OWNERS = {1: 5, 2: 6, 3: 5, 4: 0}  # firm of each account


class Desk:
    """A connection that keeps what it is sent."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def send(self, message: Any) -> None:
        self.heard.append((message.drop_sequence, message.account, type(message).__name__))


class Store:
    """Keeps moves."""

    def __init__(self) -> None:
        self.moves: list[tuple[int, int, int, int, int]] = []

    def put_move(self, move: tuple[int, int, int, int, int]) -> None:
        self.moves.append(move)


class Copies:
    """Drop copies of a state whose accounts have firms and streams."""

    def __init__(self) -> None:
        self.states = new_state(MEDIUM)
        accounts = self.states["accounts"][0]
        for account, firm in OWNERS.items():
            accounts["firm"][account], accounts["flags"][account] = firm, AccountFlag.DEFINED
        self.copies = DropCopies(Firms(self.states), ExecutionReports(table()), list)

    def release(self, rows: Sequence[Row]) -> None:
        events = event_array(rows)
        for row in events:
            if row["account_sequence"]:
                self.states["accounts"]["stream"][0][row["account"]] += 1 + bool(row["flags"] & EventFlag.MARGIN)
        self.copies.take(ReleasedBatch(events, 1, 1, 0))


def of_every_kind(account: int) -> list[Row]:
    """A row of every kind that makes account messages, with every form of it."""
    rows, number = [], 0
    for kind in ACCOUNT_FORMS:
        shows_margin = kind in (EventKind.POSITION_CHANGED, EventKind.CASH_MOVED)
        for lots in (0, 4) if kind == EventKind.POSITION_CHANGED else (4,):
            number += 1
            flags = EventFlag.MARGIN if shows_margin else 0
            rows.append(
                event(
                    kind,
                    client_order_id="a",
                    account=account,
                    account_sequence=number,
                    instrument=1,
                    lots=lots,
                    flags=flags,
                    reason=REASONS.get(kind, 0),
                )
            )
            number += shows_margin
    return rows


@pytest.mark.rule("SEC-015", "ACCT-010")
def test_no_message_of_any_kind_reaches_another_firm() -> None:
    made = Copies()
    desks = {firm: Desk() for firm in (5, 6, 7)}
    for firm, desk in desks.items():
        made.copies.listen(firm, desk)
    of_accounts = [of_every_kind(account) for account in OWNERS]
    made.release([row for rows in zip(*of_accounts, strict=True) for row in rows])
    for firm, desk in desks.items():
        owned = {account for account, owner in OWNERS.items() if owner == firm}
        assert {account for _, account, _ in desk.heard} == owned
        kinds = {message.__name__ for message in AccountMessage.__subclasses__()}
        assert {name for _, _, name in desk.heard} == (kinds if owned else set()), "messages of every type"
        assert [number for number, _, _ in desk.heard] == list(range(1, len(desk.heard) + 1))
        assert made.copies.number(firm) == len(desk.heard)


@pytest.mark.rule("ACCT-010")
def test_desks_that_come_and_go_get_numbers_without_gaps() -> None:
    made, first, second = Copies(), Desk(), Desk()
    assert made.copies.accounts(5) == [1, 3] and made.copies.number(5) == 0
    made.release(of_every_kind(1))
    begin = made.copies.number(5)
    made.copies.listen(5, first)
    made.release(of_every_kind(3))
    made.copies.listen(5, second)
    made.release(of_every_kind(2))
    made.copies.unlisten(first)
    made.release(of_every_kind(1))
    made.copies.unlisten(second)
    made.release(of_every_kind(1))
    assert [number for number, _, _ in first.heard] == list(range(begin + 1, 2 * begin + 1))
    assert [number for number, _, _ in second.heard] == list(range(2 * begin + 1, 3 * begin + 1))
    assert made.copies.number(5) == 4 * begin


@pytest.mark.rule("ACCT-010")
def test_moves_are_kept_and_those_of_earlier_runs_count() -> None:
    made, store, desk = Copies(), Store(), Desk()
    made.copies.keep_moves_in(store)
    made.release(of_every_kind(1))
    begin = made.copies.number(5)
    made.copies.listen(5, desk)
    made.states["accounts"]["firm"][0][[1, 4]] = 6, 5
    made.release([event(EventKind.ACCOUNT_DEFINED, 9, account=account) for account in (1, 4)])
    assert store.moves == [(9, 1, 5, 6, begin)], "account 4 has had no messages"
    made.release([*of_every_kind(1), *of_every_kind(4)])
    assert {account for _, account, _ in desk.heard} == {4} and made.copies.number(5) == 2 * begin
    again = DropCopies(Firms(made.states), ExecutionReports(table()), list)
    again.keep_moves_in(store)
    assert (again.number(5), again.number(6)) == (2 * begin, begin)


@pytest.mark.rule("ACCT-003", "ACCT-010")
def test_a_fill_keeps_its_legs_wherever_a_slice_ends() -> None:
    fill = {"account": 1, "instrument": 1, "client_order_id": "a"}
    rows = []
    for number in range(1, SLICE_ROWS + 20):
        rows.append(event(EventKind.FILL, number, **fill, account_sequence=number))  # type: ignore[arg-type]
        rows += [
            event(EventKind.LEG_FILLED, number, account=1, instrument=leg, account_sequence=number) for leg in (1, 2)
        ]
    found = NumberedRows(1, event_array(rows))
    messages = list(Copies().copies.messages(found, 3, SLICE_ROWS + 10))
    assert [message.drop_sequence for message in messages] == list(range(3, SLICE_ROWS + 11))  # type: ignore[attr-defined]
    assert all(isinstance(message, Fill) and len(message.legs or ()) == 2 and message.replay for message in messages)
    assert np.all(found.rows["account"] == 1)
