"""Half a year of the story, with all that it is about: a cascade, ends of months, a call that is met, a liquidation."""

from datetime import date
from pathlib import Path

import pytest

from exchange.clearing_codes import CashReason
from exchange.demo.story.cast import Who
from exchange.demo.story.play import play
from exchange.demo.story.report import lines_of
from tests.source_tree import ROOT

UNTIL = date(2027, 4, 27)
README = ROOT / "exchange" / "demo" / "story" / "README.md"


@pytest.mark.rule("SETTLE-007", "SETTLE-013", "CASCADE-002", "CASCADE-004", "MARGIN-012", "FALL-003", "INV-018")
def test_a_hedge_cascades_a_call_is_met_another_account_is_liquidated_and_every_mill_is_explained(
    tmp_path: Path,
) -> None:
    days: list[date] = []
    result = play(str(tmp_path), UNTIL, 1, days.append, ("H100",))
    assert result.passed, [check for check in result.checks if not check.passed]
    assert len(days) == (UNTIL - days[0]).days + 1 and days[-1] == UNTIL
    happened = [(one.what, Who(one.who).name if one.who else "", one.symbol) for one in result.chronicle.entries]
    for one in (
        ("sell", "CLOUD", "H100.G90.C27"), ("buy", "BANK", "H100.G90.T3-27"), ("cascade", "BANK", "H100.G90.T3-27"),
        ("cascade", "CLOUD", "H100.G90.C27"), ("cascade", "CLOUD", "H100.G90.Q2-27"), ("expiry", "", "H100.G90.F27"),
        ("margin call", "FUND", ""), ("call met", "FUND", ""), ("margin call", "SPECULATOR", ""),
        ("call not met", "SPECULATOR", ""), ("liquidated", "SPECULATOR", "H100.G90.Q4-27"),
        ("shortfall", "SPECULATOR", ""), ("default", "SPECULATOR", ""),
    ):  # fmt: skip
        assert one in happened, one
    lines = [*lines_of(result)]
    shown = README.read_text().split("until 2027-04-27:")[1].split("```")[1].strip().splitlines()
    assert len(shown) > 20 and [line for line in lines if line in shown] == shown, "the README shows what happens"
    paid = result.chronicle.money[Who.SPECULATOR][CashReason.SHORTFALL]
    assert paid == -result.house_mills["default"] > 0 and result.cash_mills[Who.SPECULATOR] == 0
