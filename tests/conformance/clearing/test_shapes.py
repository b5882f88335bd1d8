"""Shapes of lines: what they read, and where they say that a line is wrong."""

import pytest

from exchange.conformance.clearing.shapes import Shape, Values
from exchange.conformance.words import NotationError, Word


def read(usage: str, text: str) -> Values:
    line = Word(text, "t:1", 1)
    return Shape(usage).read(line.words(), line.end())


def test_a_value_is_named_after_its_kind_or_the_fixed_word_before_it() -> None:
    found = read("ORDER ACCOUNT SIDE LOTS SYMBOL @PRICE [gtc]", "o1 A buys 12,000 H100.G90.F27 @-5 gtc")
    assert found == {
        "order": "o1",
        "account": "A",
        "side": "buys",
        "lots": 12_000,
        "symbol": "H100.G90.F27",
        "price": -5,
        "gtc": True,
    }
    assert read("u LOTS long LOTS short LOTS", "u 8 long 1 short 2") == {"u": 8, "long": 1, "short": 2}


def test_words_that_may_be_left_out_are_none_and_flags_are_false() -> None:
    usage = "CDCS LOTSET MONTH [node NODE] [by OWNER] [gtc]"
    assert read(usage, "c1 L1 F27") == {
        "cdcs": ["c1"],
        "lotset": "L1",
        "month": "F27",
        "node": None,
        "by": None,
        "gtc": False,
    }
    assert read(usage, "c1 L1 F27 by D")["by"] == "D"


def test_repeated_words_are_a_list_and_groups_a_list_of_tuples() -> None:
    assert read("[prior PRICE] PRICExLOTS...", "2x3 4x5") == {"prior": None, "price_lots": [(2, 3), (4, 5)]}
    assert read("DATE (ACCOUNT MILLS)...", "2026-11-16 A 5 B -5")["account_mills"] == [("A", 5), ("B", -5)]
    paid = "N ACCOUNT:SHARE... [assessed ACCOUNT:N...]"
    assert read(paid, "1 A:2 B:3 assessed A:4") == {
        "n": 1,
        "account_share": [("A", 2), ("B", 3)],
        "assessed": [("A", 4)],
    }
    assert read(paid, "1 A:2")["assessed"] is None
    assert read("SELLER:PRICExHOURS...", "S1:2800x6000")["seller_price_hours"] == [("S1", 2800, 6000)]
    assert read("LOW..HIGH", "1..2") == {"low_high": (1, 2)}


@pytest.mark.parametrize(
    ("usage", "text", "place", "allowed"),
    [
        ("ACCOUNT MILLS", "A", "t:1:2: found nothing more", "money in mills, a whole number, as in: ACCOUNT MILLS"),
        ("ACCOUNT MILLS", "A x", "t:1:3: found 'x'", "money in mills, a whole number"),
        ("ACCOUNT MILLS", "A 1 2", "t:1:5: found '2'", "the end of the line, as in: ACCOUNT MILLS"),
        ("@PRICE", "5", "t:1:1: found '5'", "@PRICE"),
        ("PRICExLOTS...", "2x3 2xy", "t:1:7: found 'y'", "lots, a whole number"),
        ("PRICExLOTS...", "2x3 3", "t:1:5: found '3'", "the end of the line"),
        ("fsp PRICE", "cf 3", "t:1:1: found 'cf'", "fsp"),
        ("(ACCOUNT MILLS)...", "A 5 B", "t:1:6: found nothing more", "money in mills"),
    ],
)
def test_a_mistake_is_told_where_it_is(usage: str, text: str, place: str, allowed: str) -> None:
    with pytest.raises(NotationError) as caught:
        read(usage, text)
    assert str(caught.value).startswith(f"{place}, allowed: {allowed}")


def test_a_shape_that_names_a_value_twice_is_no_shape() -> None:
    with pytest.raises(AssertionError, match="named twice"):
        Shape("LOTS LOTS")
