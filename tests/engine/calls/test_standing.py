"""How an account stands, as the state says it."""

import pytest

from exchange.clearing_codes import AccountFlag, Standing
from exchange.engine.calls.standing import OpenCall, open_call, standing
from exchange.engine.state import new_state
from exchange.limits import MEDIUM


@pytest.mark.rule("MARGIN-012")
def test_flags_say_how_an_account_stands_and_a_call_asks_for_what_is_missing_now() -> None:
    states = new_state(MEDIUM)
    row = states[0].accounts[3]
    assert (standing(states, 3), open_call(states, 3)) == (Standing.OPEN, None)
    row["flags"] = AccountFlag.DEFINED | AccountFlag.CLOSE_ONLY
    assert standing(states, 3) == Standing.OPEN, "close-only by its terms"
    row["flags"] |= AccountFlag.CALLED
    row.required_mills, row.cash_mills, row.unrealised_pnl_mills, row.call_due_ns = 1_000, 700, -50, 99
    assert (standing(states, 3), open_call(states, 3)) == (Standing.CLOSE_ONLY, OpenCall(350, 99))
    for flag, wanted in (
        (AccountFlag.LIQUIDATING, Standing.LIQUIDATING),
        (AccountFlag.DEFAULTED, Standing.DEFAULTED),
    ):
        row["flags"] = AccountFlag.DEFINED | flag
        assert (standing(states, 3), open_call(states, 3)) == (wanted, None)
