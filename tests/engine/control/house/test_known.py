"""What controls name is listed or defined, or they are refused with the reason."""

import numpy as np
import pytest

from exchange.codes import RejectReason
from exchange.engine.control.checks import ControlError
from exchange.engine.control.house.known import check_account, known_outright, require_none
from tests.funded import F27, RICH, SPREAD, Funded


@pytest.mark.rule("SETTLE-014", "SETTLE-015", "LIMIT-006")
def test_only_an_outright_that_is_listed_is_known() -> None:
    state = Funded().pair.fast.engine.states[0]
    assert known_outright(state, F27, "block").instrument_id == state.books[F27].instrument_id
    for index in (0, -1, SPREAD, 99):
        with pytest.raises(ControlError, match=f"^UNKNOWN_INST: block: no outright is listed in book {index}$"):
            known_outright(state, index, "block")


@pytest.mark.rule("SETTLE-011", "SETTLE-014", "SETTLE-015")
def test_only_an_account_that_is_defined_is_known() -> None:
    state = Funded().pair.fast.engine.states[0]
    check_account(state, RICH)
    for account in (0, -1, RICH - 1, 10**9):
        with pytest.raises(ControlError, match=f"^UNKNOWN_ACCOUNT: account {account} is not defined$"):
            check_account(state, account)


@pytest.mark.rule("SETTLE-015", "LIMIT-006")
def test_a_side_that_is_refused_names_its_reason_first() -> None:
    require_none(np.int64(RejectReason.NONE), "block: account 7 cannot buy")
    with pytest.raises(ControlError, match=r"^RISK: block: account 7 cannot buy$"):
        require_none(np.int64(RejectReason.INSUFFICIENT_MARGIN), "block: account 7 cannot buy")
