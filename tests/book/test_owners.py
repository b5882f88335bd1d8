"""Whose orders are whose (SMP-001, SMP-008): by self-match id, and of a quote by account."""

import pytest

from tests.played import play


@pytest.mark.rule("SMP-001")
@pytest.mark.parametrize(
    ("resting", "aggressor", "meet"),
    [
        ("acct=A smp=Z", "acct=B smp=Z", False),
        ("acct=A smp=Y", "acct=A smp=Z", True),
        ("acct=A smp=Z", "acct=A", True),
        ("acct=A", "acct=A smp=Z", True),
    ],
    ids=["one key, two accounts", "two keys", "the aggressor asks for nothing", "the resting order asks for nothing"],
)
def test_orders_of_one_key_do_not_trade_with_each_other(resting: str, aggressor: str, meet: bool) -> None:
    market = play(f"N t B1@100 {aggressor}", f"a S1@100 {resting}")
    assert ("TRD a t 1@100" in market.events) == meet


@pytest.mark.rule("SMP-008")
def test_a_quote_meets_no_order_of_its_account_that_asks_for_prevention() -> None:
    quoted = "MQ mm M1:1@99/1@101"
    assert "TRD" not in play("N t B1@101 acct=mm smp=Z", quoted).text
    assert "TRD mm.M1a t 1@101" in play("N t B1@101 acct=nn smp=Z", quoted).text
