"""DEFINE_ACCOUNT: what an account is afterwards."""

from typing import Any

import pytest

from exchange.clearing_codes import AccountFlag
from exchange.codes import CommandKind, KillParty, Scope
from exchange.engine.control.checks import ControlError
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine
from exchange.limits import MEDIUM
from exchange.records import QUOTE_OWNER
from exchange.reference.rows import Command
from exchange.units import ORDER_LOTS_MAX, POSITION_LOTS_MAX
from tests.market import account_payload
from tests.venues import Pair


def account_row(pair: Pair, number: int) -> Any:
    return pair.fast.engine.states[0].accounts[number]


def test_an_account_has_the_terms_that_it_was_given_last() -> None:
    pair = Pair()
    pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(4, {"maxpos": 30, "firm": 2}))
    pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(4, {"maxord": 7, "closeonly": 1}))
    row = account_row(pair, 4)
    assert (row.order_lots_max, row.position_lots_max, row.firm) == (7, POSITION_LOTS_MAX, 0)
    assert row["flags"] == AccountFlag.DEFINED | AccountFlag.CLOSE_ONLY


@pytest.mark.rule("KILL-001")
def test_a_new_account_of_a_killed_firm_is_killed_and_one_that_leaves_the_firm_is_not() -> None:
    pair = Pair()
    pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(1, {"firm": 9}))
    kill = {"order_type": Scope.FIRM, "group": 9, "reason": KillParty.RISK}
    pair.apply(Command(kind=CommandKind.KILL, sequence=1, **kill))
    pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(2, {"firm": 9}))
    assert account_row(pair, 2)["flags"] == AccountFlag.DEFINED | AccountFlag.KILLED
    assert account_row(pair, 2).firm_killed_by == account_row(pair, 1).firm_killed_by != 0
    pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(2, {}))
    assert account_row(pair, 2)["flags"] == AccountFlag.DEFINED and account_row(pair, 2).firm_killed_by == 0


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"account": 0}, f"account 0 not in 1..{MEDIUM.accounts}"),
        ({"account": MEDIUM.accounts + 1}, f"account {MEDIUM.accounts + 1} not in 1..{MEDIUM.accounts}"),
        ({"firm": 1 << 32}, "firm 4294967296 not in 0..4294967295"),
        ({"smp_id": QUOTE_OWNER}, f"smp_id {QUOTE_OWNER} not in 0..{QUOTE_OWNER - 1}"),
        ({"order_lots_max": ORDER_LOTS_MAX + 1}, f"order_lots_max {ORDER_LOTS_MAX + 1} not in 0..{ORDER_LOTS_MAX}"),
        ({"position_lots_max": -1}, f"position_lots_max -1 not in 0..{POSITION_LOTS_MAX}"),
        ({"term_lots_max": -1}, f"term_lots_max -1 not in 0..{POSITION_LOTS_MAX}"),
    ],
)
def test_terms_that_no_account_can_have_are_refused(terms: dict[str, int], expected: str) -> None:
    engine = Engine(MEDIUM)
    with pytest.raises(ControlError, match=expected):
        engine.check_control(CommandKind.DEFINE_ACCOUNT, encode_payload(AccountPayload(**{"account": 1} | terms)))
