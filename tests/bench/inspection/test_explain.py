"""One command explained: the first check that fails is the engine's reason, with the figures of that moment."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bench.inspection.explain import explain
from bench.inspection.place import TapePlace
from bench.tapes.tape import Tape
from exchange.codes import CommandFlag, CommandKind, PostOnly, RejectReason, Side, TimeInForce
from tests.bench.inspection.commands import tape_of
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
    checks = explained.rows[0].checks
    refused = [check for check in checks if check.verdict == "refused"]
    assert explained.verdict == f"refused: {reason.abbreviation}"
    assert [check.reason for check in refused] == [reason.abbreviation] and found in refused[0].found
    place = checks.index(refused[0])
    assert {check.verdict for check in checks[:place]} <= {"passed", "not made"}
    assert {check.verdict for check in checks[place + 1 :]} <= {"not made"}


def test_an_accepted_order_passes_all_and_its_account_is_as_before_it() -> None:
    tape, sequence = edited(lambda row: None)
    explained = explain(tape, sequence)
    assert explained.verdict == "accepted"
    not_made = {"SHOW", "NO_OPP", "PO_CROSS", "ELECTED"}  # of a plain limit order
    verdicts = {check.reason: check.verdict for check in explained.rows[0].checks}
    assert verdicts == {reason: "not made" if reason in not_made else "passed" for reason in verdicts}
    account = int(explained.rows[0].command["account"])
    before, after = TapePlace(tape, sequence - 1).account(account), TapePlace(tape, sequence).account(account)
    assert explained.account == before and after["working_orders"] == before["working_orders"] + 1
    assert [event["kind"] for event in explained.events][:2] == ["ORDER_ACCEPTED", "ORDER_RESTED"]
    book = explained.rows[0].book
    assert book is not None and book["symbol"] == "BOOK-1"


def test_margin_and_ids_are_figures_of_the_moment() -> None:
    tape, sequence = edited(lambda row: None)
    row = tape.commands[tape.commands["sequence"] == sequence]
    again = row.copy()
    again["sequence"], again["price"] = sequence + 1, again["price"]
    place = int(np.searchsorted(tape.commands["sequence"], sequence)) + 1
    twice = np.concatenate([tape.commands[:place], again])
    explained = explain(Tape(twice, tape.controls, tape.limits), sequence + 1)
    found = {check.reason: check.found for check in explained.rows[0].checks}
    assert explained.verdict == "refused: DUP_ID" and "has it" in found["DUP_ID"]
    free = explain(tape, sequence)
    assert "$ are free" in {check.reason: check.found for check in free.rows[0].checks}["RISK"]


def test_a_control_is_explained_by_its_payload_and_events() -> None:
    explained = explain(small_tape(), 2)
    assert explained.rows[0].command["kind"] == "DEFINE_ACCOUNT" and not explained.rows[0].checks
    assert '"account":1' in explained.payload and explained.verdict == "accepted"
    assert [event["kind"] for event in explained.events] == ["ACCOUNT_DEFINED"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"account": 65}', "account 65 not in 1..64"),
        (b"no JSON", "DEFINE_ACCOUNT: JSON is malformed"),
        (b"\xff\xfe", "DEFINE_ACCOUNT: "),
    ],
)
def test_a_control_that_the_engine_refuses_is_explained_by_its_reason(payload: bytes, reason: str) -> None:
    tape = small_tape()
    controls = [replace(one, payload=payload) if one.sequence == 2 else one for one in tape.controls]
    explained = explain(replace(tape, controls=controls), 2)
    assert explained.verdict.startswith(f"refused: {reason}") and explained.events == []
    assert explained.payload == payload.decode("ascii", "backslashreplace")


def test_what_a_mass_quote_that_was_cut_leaves_is_not_of_the_next_command() -> None:
    quote = {"kind": CommandKind.QUOTE, "flags": CommandFlag.MORE, "bid_tick": 190, "bid_lots": 5}
    sells = {"kind": CommandKind.NEW, "account": 2, "side": Side.SELL, "price": 190, "lots": 1}
    tape = tape_of(sells, {**quote, "bid_lots": 5}, {**sells, "lots": 2})
    last = int(tape.commands["sequence"][-1])
    found, before = explain(tape, last), explain(tape, last - 1)
    assert {event["sequence"] for event in found.events} == {last} and len(found.rows) == len(before.rows) == 1
    assert "FILL" in {event["kind"] for event in found.events}
