"""The ledger: every movement of cash has two sides, and the accounts of customers and house sum to zero."""

import ast
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from exchange.clearing.ledger import post
from exchange.clearing_codes import HouseAccount
from exchange.codes import CommandKind, Side
from exchange.engine import query
from exchange.engine.state import new_state
from exchange.limits import MEDIUM
from tests.funded import F27, HOURS, MARK, Funded
from tests.played import play
from tests.source_tree import sources, tree
from tests.venues import check_ledger

H = HouseAccount
LEDGERS = ("exchange.clearing.ledger", "exchange.reference.clearing")


def house(states: np.ndarray) -> dict[HouseAccount, int]:
    """The accounts of the house that are not zero."""
    return {name: mills for name, mills in query.totals(states).house_mills.items() if mills}


@pytest.mark.rule("INV-018")
@pytest.mark.parametrize("mills", [7, -7])
def test_a_posting_moves_an_amount_between_a_customer_and_the_house(mills: int) -> None:
    states = new_state(MEDIUM)
    post(states[0], 3, int(H.FEES), mills)
    assert states[0].accounts["cash_mills"].tolist()[2:5] == [0, mills, 0]
    assert house(states) == {H.FEES: -mills}


@pytest.mark.rule("INV-018", "FEE-001", "SETTLE-007")
def test_each_movement_is_posted_against_the_account_of_the_house_for_it() -> None:
    funded = Funded(taker_fee=2)
    states = funded.pair.fast.engine.states
    funded.account(1, 10**12)
    assert house(states) == {H.DEPOSITS: -(10**15) - 10**12}
    assert funded.row(CommandKind.WITHDRAW, account=1, amount_mills=500) == ["CASH"]
    funded.trade(1, Side.BUY, 3, MARK - 2)
    expected = {H.DEPOSITS: -(10**15) - 10**12, H.WITHDRAWALS: 500, H.FEES: 2 * HOURS[F27] * 3}
    assert house(states) == expected
    funded.settle(MARK, F27)
    assert house(states) == expected, "the house keeps nothing of variation"
    funded.pair.compare_accounts()


@pytest.mark.rule("INV-018", "CASCADE-006")
def test_what_whole_ticks_of_a_strip_leave_over_goes_from_the_buyer_to_the_seller() -> None:
    market = play(
        "N t ST B1@105 acct=B", "a ST S1@105 acct=A", "hours=744 hours.M2=672 ref=100 ref.M2=110 cash=1000000"
    )
    cash = [query.margin(market.engine.states, account).cash_mills for account in (1, 2)]
    assert cash[0] - 10**6 == 10**6 - cash[1] > 0
    assert house(market.engine.states) == {H.DEPOSITS: -2 * 10**6}


def lose(state: np.record) -> None:
    state.accounts["cash_mills"][1] -= 1


def forget(state: np.record) -> None:
    state.house_mills[H.FEES] += 1


def keep(state: np.record) -> None:
    post(state, 1, int(H.VARIATION), -1)


def round_off(state: np.record) -> None:
    post(state, 1, int(H.ROUNDING), 1)


@pytest.mark.rule("INV-018")
@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lose, "all accounts sum to -1 mills, not to 0"),
        (forget, "all accounts sum to 1 mills, not to 0"),
        (keep, "the house keeps 1 mills of VARIATION"),
        (round_off, "the house keeps -1 mills of ROUNDING"),
    ],
)
def test_money_that_is_lost_or_kept_is_noticed(tamper: Callable[[np.record], None], said: str) -> None:
    funded = Funded()
    states = funded.pair.fast.engine.states
    check_ledger(states)
    tamper(states[0])
    with pytest.raises(AssertionError, match=said):
        funded.account(2, 5)


def stored(module: ast.Module) -> Iterator[ast.AST]:
    """Statements that change an account's cash, or the balance of an account of the house."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in (inner for one in targets for inner in ast.walk(one)):
                whole = isinstance(target, ast.Attribute) and target.attr == "cash_mills"
                entry = isinstance(target, ast.Subscript) and "house_mills" in ast.unparse(target.value)
                column = isinstance(target, ast.Subscript) and "cash_mills" in ast.unparse(target.slice)
                if whole or entry or column:
                    yield node


@pytest.mark.rule("INV-018")
def test_one_function_alone_changes_cash() -> None:
    places = {
        module: [ast.unparse(node) for node in stored(tree(path))]
        for module, path in sources().items()
        if module.startswith(("exchange.book", "exchange.clearing", "exchange.engine", "exchange.reference"))
    }
    assert {module: len(found) for module, found in places.items() if found} == dict.fromkeys(LEDGERS, 2)
    for text in ("row.cash_mills += 1", "rows['cash_mills'][1] = 2", "state.house_mills[house] -= 3"):
        assert list(stored(ast.parse(text))), text
