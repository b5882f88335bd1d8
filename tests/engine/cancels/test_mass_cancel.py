"""Mass cancel: which orders the filters name, and what bars it (ORDER-013, ENTRY-012)."""

import pytest

from exchange.codes import CommandKind, EventKind
from tests.played import play

BEFORE = "a B1@99 tag=x; b S1@101 tag=x; c B1@98 tag=y; d M2 B1@97 tag=x; e B1@96 acct=Q"


@pytest.mark.rule("ORDER-013", "ENTRY-012")
@pytest.mark.parametrize(
    ("filters", "gone"),
    [("", "abcd"), ("M1", "abc"), ("B", "acd"), ("tag=x", "abd"), ("M1 B tag=x", "a"), ("M2 S", "")],
)
def test_filters_name_orders_together(filters: str, gone: str) -> None:
    assert play(f"XA a {filters}", BEFORE).events == [f"CXL {name} 1 USER" for name in gone]


@pytest.mark.rule("ORDER-013", "STATE-002")
def test_where_all_are_barred_it_is_refused_and_where_some_are_they_stay() -> None:
    assert play("XA a", "ST preopen; a B1@99; ST nocancel").text == "CREJ STATE"
    before = "a B1@99 gtc; b M2 B1@97 gtc; SS closed M2"
    assert play("XA a M2", before).text == "CREJ STATE"
    assert play("XA a", before).text == "CXL a 1 USER"


@pytest.mark.rule("ORDER-013")
def test_the_end_says_how_many_orders_left() -> None:
    events = play("-", BEFORE).send(CommandKind.CANCEL_ALL)
    assert (events[-1].kind, events[-1].lots) == (EventKind.MASS_CANCELLED, 4)
