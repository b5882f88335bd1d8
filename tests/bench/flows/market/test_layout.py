"""Parameters of the compute market agree with its contracts and the state that it runs in."""

from bench.flows.market.contracts import CHIPS as NAMES
from bench.flows.market.contracts import contracts
from bench.flows.market.layout import ACCOUNTS, BOOKS, CHIP_BRANCHING, CHIPS, OWN_BRANCHING, VARIANCE_BASE
from bench.flows.market.process import BOOK_ACTIVITY, CHIP_ACTIVITY, KIND_SHARES
from exchange.limits import MEDIUM


def test_books_chips_and_accounts_fit() -> None:
    assert len(contracts().instruments) == BOOKS and len(NAMES) == CHIPS
    assert MEDIUM.accounts >= ACCOUNTS and MEDIUM.positions >= ACCOUNTS * BOOKS


def test_shares_are_whole_and_clocks_are_stationary() -> None:
    for shares in (BOOK_ACTIVITY, CHIP_ACTIVITY, KIND_SHARES):
        assert abs(sum(shares) - 1) < 1e-12
    assert OWN_BRANCHING + CHIP_BRANCHING < 1 and 0 < VARIANCE_BASE < 1
