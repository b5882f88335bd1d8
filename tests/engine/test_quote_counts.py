"""Quotes that work are counted in their book and in their protection group (MMP-002, INV-030)."""

import pytest

from exchange.codes import BookFeature
from tests.played import play


@pytest.mark.rule("MMP-002")
@pytest.mark.parametrize(
    ("messages", "quotes"),
    [
        ("-", 2),
        ("MQ mm M1:0@0/5@101", 1),
        ("MQ mm M1:0@0/0@0", 0),
        ("N t S5@99", 1),
        ("XA mm", 0),
        ("MQ mm M2:1@99/1@101", 4),
        ("MQ nn M1:1@98/1@102", 2),
    ],
    ids=["entered", "a side removed", "both removed", "a side filled", "cancelled", "in two books", "of two accounts"],
)
def test_a_protection_group_counts_its_quotes(messages: str, quotes: int) -> None:
    market = play(messages, "MQ mm M1:5@99/5@101", "mmp=50")
    rows = market.state.protections
    assert [int(row.quotes) for row in rows if row.account == 1] == [quotes]


@pytest.mark.rule("MMP-002")
def test_a_book_says_that_a_quote_rests_as_long_as_one_does() -> None:
    features = [int(play(messages, "MQ mm M1:5@99/5@101").book().features) for messages in ("-", "XA mm")]
    assert [bool(bits & BookFeature.QUOTES) for bits in features] == [True, False]
