"""What the journal notes about accounts that change their firm."""

import pytest

from exchange.codes import CommandKind
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import blank_commands
from exchange.gateway.firms.firm_moves import FirmMove, account_of, move_of, note_move


@pytest.mark.rule("ACCT-010")
@pytest.mark.parametrize(
    ("left", "joined", "stream", "is_move"),
    [(5, 6, 90, True), (0, 6, 90, True), (5, 0, 90, True), (5, 5, 90, False), (0, 5, 0, False)],
)
def test_a_move_of_an_account_with_messages_is_noted_in_its_row(
    left: int, joined: int, stream: int, is_move: bool
) -> None:
    rows, payload = blank_commands(1), encode_payload(AccountPayload(7, joined))
    rows["kind"], rows["sequence"] = CommandKind.DEFINE_ACCOUNT, 44
    note_move(rows, payload, left, stream)
    assert move_of(rows[0], payload) == (FirmMove(44, 7, left, joined, stream) if is_move else None)
    assert account_of(payload) == 7


@pytest.mark.rule("ACCT-010")
def test_other_commands_and_journals_of_before_note_no_move() -> None:
    rows, payload = blank_commands(1), encode_payload(AccountPayload(7, 5))
    rows["kind"] = CommandKind.DEFINE_ACCOUNT
    assert move_of(rows[0], payload) is None, "a row without the note"
    rows["kind"], rows["order_id"] = CommandKind.CANCEL, 9
    assert move_of(rows[0], b"") is None
