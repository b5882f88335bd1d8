"""One command explained: the first check that fails is the engine's reason, with the figures of that moment."""

from collections.abc import Callable

import numpy as np
import pytest

from bench.inspection.explain import Explanation, explain
from bench.inspection.place import TapePlace
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, PostOnly, RejectReason, TimeInForce
from tests.bench.test_replay import small_tape

R = RejectReason


def edited(edit: Callable[[np.void], None], kind: int = CommandKind.NEW) -> tuple[Tape, int]:
    """A tape whose last row of a kind is edited, and the sequence of that row."""
    tape = small_tape()
    rows = tape.commands
    wanted = (rows["kind"] == kind) & ((rows["tif"] == TimeInForce.GTC) | (kind != CommandKind.NEW))
    place = int(np.flatnonzero(wanted)[-1])
    edit(rows[place])
    return tape, int(rows["sequence"][place])


def put(**fields: int) -> Callable[[np.void], None]:
    def edit(row: np.void) -> None:
        for name, value in fields.items():
            row[name] = value

    return edit


@pytest.mark.rule("ORDER-004")
@pytest.mark.parametrize(
    ("edit", "kind", "reason", "found"),
    [
        (put(account=63), CommandKind.NEW, R.UNKNOWN_ACCOUNT, "account 63 is not defined"),
        (put(lots=0), CommandKind.NEW, R.BAD_QTY, "lots 0; allowed 1 to 10,000"),
        (put(post_only=PostOnly.REJECT, tif=TimeInForce.IOC), CommandKind.NEW, R.BAD_COMBO, "LIMIT IOC REJECT"),
        (put(instrument=9), CommandKind.NEW, R.UNKNOWN_INST, "instrument 9; listed 1 to 1"),
        (put(price=1_000_000), CommandKind.NEW, R.BAND, "price 1000.000; this side may have "),
        (put(client_order_id_0=1), CommandKind.CANCEL, R.UNKNOWN, "no working order of account"),
        (put(client_order_id_0=1), CommandKind.REPLACE, R.UNKNOWN, "no working order of account"),
        (put(account=0), CommandKind.CANCEL, R.UNKNOWN_ACCOUNT, "account 0 is not defined"),
    ],
)
def test_the_check_that_refuses_says_what_it_found(
    edit: Callable[[np.void], None], kind: int, reason: RejectReason, found: str
) -> None:
    explained = explain(*edited(edit, kind))
    refused = [check for check in explained.checks if check.verdict == "refused"]
    assert explained.reason == reason and explained.verdict == f"refused: {reason.abbreviation}"
    assert [check.reason for check in refused] == [reason.abbreviation] and found in refused[0].found
    place = explained.checks.index(refused[0])
    assert {check.verdict for check in explained.checks[:place]} <= {"passed"}
    assert {check.verdict for check in explained.checks[place + 1 :]} <= {"not made"}


def test_an_accepted_order_passes_all_and_its_account_is_as_before_it() -> None:
    tape, sequence = edited(lambda row: None)
    explained = explain(tape, sequence)
    assert (explained.verdict, {check.verdict for check in explained.checks}) == ("accepted", {"passed"})
    account = int(explained.commands[0]["account"])
    before, after = TapePlace(tape, sequence - 1).account(account), TapePlace(tape, sequence).account(account)
    assert explained.account == before and after["working_orders"] == before["working_orders"] + 1
    assert [event["kind"] for event in explained.events][:2] == ["ORDER_ACCEPTED", "ORDER_RESTED"]
    assert explained.book is not None and explained.book["symbol"] == "BOOK-1"


def test_margin_and_ids_are_figures_of_the_moment() -> None:
    tape, sequence = edited(lambda row: None)
    row = tape.commands[tape.commands["sequence"] == sequence]
    again = row.copy()
    again["sequence"], again["price"] = sequence + 1, again["price"]
    place = int(np.searchsorted(tape.commands["sequence"], sequence)) + 1
    twice = np.concatenate([tape.commands[:place], again])
    explained = explain(Tape(twice, tape.controls, tape.limits), sequence + 1)
    found = {check.reason: check.found for check in explained.checks}
    assert explained.reason == R.DUP_ID and "has it" in found["DUP_ID"]
    free = explain(tape, sequence)
    assert "$ are free" in {check.reason: check.found for check in free.checks}["RISK"]


def test_a_control_is_explained_by_its_payload_and_events() -> None:
    explained: Explanation = explain(small_tape(), 2)
    assert (
        explained.commands[0]["kind"] == "DEFINE_ACCOUNT"
        and '"account":1' in explained.payload
        and not explained.checks
    )
    assert [event["kind"] for event in explained.events] == ["ACCOUNT_DEFINED"]
