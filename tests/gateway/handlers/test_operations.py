"""Operations of a batch: what is refused for what it says, and the row of any other (ENTRY-013)."""

import pytest

from exchange.codes import CommandFlag, CommandKind
from exchange.gateway.command_batch import CommandBatch
from exchange.gateway.handlers.operations import Operation, check_operation, pack_operation, refused_result
from exchange.gateway.session import Session
from exchange.wire.messages import BatchCancel, BatchNew, BatchReplace
from tests.gateway.harness import Bench


def session_of(bench: Bench) -> Session:
    session = bench.connect(bench.keys[1]).connection.session
    assert session is not None
    return session


def new(bench: Bench, **changes: object) -> BatchNew:
    fields = {
        "instrument": bench.instrument, "side": "b", "price_tick": bench.price, "order_lots": 5, "client_order_id": "a",
    }  # fmt: skip
    return BatchNew(**fields | changes)


@pytest.mark.rule("ENTRY-013")
def test_an_operation_that_passes_its_check_gets_a_row_of_its_kind(bench: Bench) -> None:
    session, batch = session_of(bench), CommandBatch(4)
    operations: list[tuple[Operation, CommandKind]] = [
        (new(bench), CommandKind.NEW),
        (BatchReplace(client_order_id="a", order_lots=3), CommandKind.REPLACE),
        (BatchCancel(client_order_id="a"), CommandKind.CANCEL),
    ]
    for place, (operation, kind) in enumerate(operations):
        assert pack_operation(bench.venue, session, batch, operation, 17) is None
        row = batch.rows[place]
        assert (row["kind"], row["account"], row["session"], row["request_id"]) == (kind, 1, session.number, 17)
        assert row["flags"] & CommandFlag.BATCHED
        batch.add_unanswered()


@pytest.mark.rule("ENTRY-013", "WIRE-020")
@pytest.mark.parametrize(
    ("changes", "name"),
    [({"order_lots": 0}, "LOTS_RANGE"), ({"instrument": 5}, "UNKNOWN_INSTRUMENT"), ({"account": 2}, "SCOPE")],
)
def test_an_operation_that_does_not_pass_has_a_result_and_no_row(bench: Bench, changes: dict, name: str) -> None:
    session, batch, operation = session_of(bench), CommandBatch(4), new(bench, **changes)
    refusal = pack_operation(bench.venue, session, batch, operation, 17)
    assert refusal is not None and refusal.name == name
    assert refusal == check_operation(bench.venue, session, operation, 17)
    assert not batch.rows.view("u1").any()
    result = refused_result(operation, refusal)
    assert (result.client_order_id, result.code, result.name, result.applied) == ("a", refusal.code, name, "no")


@pytest.mark.rule("ENTRY-013")
@pytest.mark.parametrize("operation", [BatchCancel(), BatchReplace(order_lots=3)])
def test_a_cancel_or_replace_names_its_order(bench: Bench, operation: Operation) -> None:
    refusal = check_operation(bench.venue, session_of(bench), operation, 17)
    assert refusal is not None and refusal.name == "BAD_MESSAGE" and "oid or coid" in refusal.message
