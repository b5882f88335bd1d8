"""The terms that an order would have: what a REPLACE says, and what it leaves (REPL-001, REPL-007)."""

import pytest

from exchange.codes import CommandFlag, CommandKind
from exchange.records import pack_tag
from tests.played import Played, play

KEEP = CommandFlag.KEEP_PRICE | CommandFlag.KEEP_LOTS


def after(market: Played, name: str, flags: int, **fields: int) -> dict[str, int]:
    """Terms of an order after a replace with these flags."""
    order = market.order(name)
    whose = {"account": int(order.account), "order_id": int(order.order_id)}
    market.send(CommandKind.REPLACE, flags=int(flags), **whose, **fields)
    order = market.order(name)
    return {term: int(order[term]) for term in ("price", "order_lots", "display_lots", "trigger", "tag")}


@pytest.mark.rule("REPL-001")
@pytest.mark.parametrize(
    ("flags", "fields", "changed"),
    [
        (KEEP, {"price": 1, "lots": 1, "display_lots": 1, "trigger": 1}, {}),
        (CommandFlag.KEEP_PRICE, {"price": 1, "lots": 4}, {"order_lots": 4}),
        (CommandFlag.KEEP_LOTS, {"price": 98, "lots": 1}, {"price": 98}),
        (KEEP | CommandFlag.SET_DISPLAY, {"display_lots": 1}, {"display_lots": 1}),
        (KEEP | CommandFlag.SET_TAG, {"tag": pack_tag("grid")}, {"tag": pack_tag("grid")}),
    ],
)
def test_only_what_is_given_changes(flags: int, fields: dict[str, int], changed: dict[str, int]) -> None:
    terms = {"price": 99, "order_lots": 6, "display_lots": 2, "trigger": 0, "tag": pack_tag("old")}
    assert after(play("-", "a B6@99 disp=2 tag=old"), "a", flags, **fields) == terms | changed


@pytest.mark.rule("REPL-007", "STOP-003")
def test_the_limit_of_a_plain_stop_keeps_its_distance_from_the_trigger() -> None:
    before = {"stop": "s B2 stop=104", "stop with a limit": "s B2@106 stop=104"}
    moved = {
        name: after(play("-", line, "ltp=100 pp=7"), "s", KEEP | CommandFlag.SET_TRIGGER, trigger=105)["price"]
        for name, line in before.items()
    }
    assert moved == {"stop": 112, "stop with a limit": 106}


@pytest.mark.rule("REPL-007", "STOP-003")
def test_a_price_tightens_the_limit_of_a_plain_stop_and_never_widens_it() -> None:
    for price, limit in ((108, 108), (120, 111)):
        terms = after(play("-", "s B2 stop=104", "ltp=100 pp=7"), "s", CommandFlag.KEEP_LOTS, price=price)
        assert terms["price"] == limit
