"""Every reason of a kind is asked in the engine's order, and each check has words."""

import pytest

from bench.inspection.checks import ASKS, OF_KIND, checks_of
from exchange.codes import REJECT_PRECEDENCE, CommandKind, RejectReason


@pytest.mark.rule("ORDER-004")
def test_checks_are_in_the_order_of_precedence() -> None:
    for reasons in OF_KIND.values():
        asked = [check.reason for check in checks_of(dict.fromkeys(reasons, ""), None)]
        assert asked == [one.abbreviation for one in REJECT_PRECEDENCE if one in reasons]
        assert set(reasons) <= set(ASKS)
    of_quotes = {RejectReason.DUP_INST, RejectReason.CROSSED_QUOTE, RejectReason.MMP}
    assert set(OF_KIND[CommandKind.NEW]) | set(OF_KIND[CommandKind.REPLACE]) == set(REJECT_PRECEDENCE) - of_quotes
