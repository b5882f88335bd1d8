"""Checks that do not apply to a command are shown as not made."""

from typing import Any

import pytest

from bench.inspection.left_out import OF_MOVE
from exchange.codes import CommandFlag, CommandKind, OrderType, PostOnly, Side, TimeInForce
from tests.bench.inspection.commands import explain_last, found_by, verdicts

MOVE = {reason.abbreviation for reason in OF_MOVE}
KEEPS = CommandFlag.KEEP_PRICE
REST = {
    "kind": CommandKind.NEW,
    "side": Side.BUY,
    "tif": TimeInForce.GTC,
    "price": 190,
    "lots": 5,
    "client_order_id": "a",
}
ICEBERG = {**REST, "display_lots": 2}
SHOWS_MORE = {"display_lots": 3, "flags": CommandFlag.SET_DISPLAY}
STOP = {**REST, "order_type": OrderType.STOP_LIMIT, "trigger": 180}


def not_made(*commands: dict[str, Any]) -> set[str]:
    return {reason for reason, verdict in verdicts(explain_last(*commands)).items() if verdict == "not made"}


def replace(**fields: int) -> dict[str, Any]:
    return {"kind": CommandKind.REPLACE, "client_order_id": "a", **fields}


@pytest.mark.rule("REPL-001")
@pytest.mark.parametrize(
    ("order", "change", "left_out"),
    [
        (REST, {"price": 190, "lots": 4}, MOVE | {"SHOW", "ELECTED"}),
        (REST, {"flags": KEEPS, "lots": 4}, MOVE | {"SHOW", "ELECTED"}),
        (REST, {"flags": KEEPS, "lots": 6}, {"SHOW", "ELECTED", "PO_CROSS"}),
        (REST, {"price": 191, "lots": 4}, {"SHOW", "ELECTED", "PO_CROSS"}),
        ({**REST, "post_only": PostOnly.REJECT}, {"price": 191, "lots": 4}, {"SHOW", "ELECTED"}),
        (ICEBERG, {"price": 190, "lots": 4}, MOVE | {"ELECTED"}),
        (ICEBERG, {**SHOWS_MORE, "price": 190, "lots": 5}, {"ELECTED", "PO_CROSS"}),
        (STOP, {"price": 190, "lots": 4}, MOVE | {"SHOW"}),
        (STOP, {"price": 190, "lots": 4, "trigger": 185, "flags": CommandFlag.SET_TRIGGER}, MOVE - {"BAND"} | {"SHOW"}),
        (STOP, {"price": 190, "lots": 6}, {"SHOW", "PO_CROSS"}),
    ],
)  # fmt: skip
def test_a_replace_that_keeps_its_place_meets_fewer_checks(
    order: dict[str, Any], change: dict[str, int], left_out: set[str]
) -> None:
    found = explain_last(order, replace(**change))
    assert found.verdict == "accepted" and not_made(order, replace(**change)) == left_out


@pytest.mark.rule("BAND-003")
def test_a_replace_that_leaves_no_lots_is_asked_for_a_new_price_alone() -> None:
    other = {"kind": CommandKind.NEW, "account": 2, "side": Side.SELL, "price": 190, "lots": 3}
    assert not_made(REST, other, replace(price=190, lots=3)) == MOVE | {"SHOW", "ELECTED"}
    assert not_made(REST, other, replace(price=191, lots=3)) == MOVE - {"BAND"} | {"SHOW", "ELECTED"}
    found = explain_last(REST, other, replace(price=400, lots=3))
    assert found.verdict == "refused: BAND" and verdicts(found)["BAND"] == "refused"


def test_a_new_order_is_asked_only_what_applies() -> None:
    assert not_made(REST) == {"SHOW", "NO_OPP", "PO_CROSS", "ELECTED"}
    assert not_made({**ICEBERG, "post_only": PostOnly.REJECT}) == {"NO_OPP", "ELECTED"}
    market = {"kind": CommandKind.NEW, "order_type": OrderType.MARKET, "tif": TimeInForce.IOC, "lots": 1, "account": 2}
    sells = {**market, "side": Side.SELL}
    assert not_made(REST, sells) == {"SHOW", "DUP_ID", "BAND", "PO_CROSS", "ELECTED"}
    assert "ELECTED" not in not_made({**STOP, "trigger": 250, "flags": CommandFlag.REJECT_IF_ELECTED})


def test_a_number_that_stays_is_that_of_the_order() -> None:
    found = found_by(explain_last(REST, replace(flags=KEEPS, lots=6)))
    assert found["OFF_TICK"] == "price 0.190; increment 0.001" and found["BAD_LOT"].startswith("6 lots; ")
    found = found_by(explain_last(REST, replace(flags=CommandFlag.KEEP_LOTS, price=191)))
    assert found["OFF_TICK"][:11] == "price 0.191" and found["BAD_LOT"].startswith("5 lots; ")
