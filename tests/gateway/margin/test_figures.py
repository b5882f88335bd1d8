"""Figures of many accounts at once, against the query of each."""

import numpy as np
import pytest

from exchange.engine import query
from exchange.gateway.margin.figures import figures_copier
from tests.engine.test_views import random_states


@pytest.mark.rule("MARGIN-013", "MARGIN-015")
@pytest.mark.parametrize("seed", [3, 12])
def test_the_figures_of_many_accounts_are_those_of_each(seed: int) -> None:
    """After random commands to books of every kind, combinations and implied trades among them."""
    held = 0
    for states in random_states(seed, 300):
        accounts = query.accounts(states)[::-1]
        rows = [query.margin(states, account) for account in accounts]
        found = np.zeros((len(accounts), 4), np.int64)
        figures_copier(states.dtype)(states, np.array(accounts), found)
        assert found.tolist() == [
            [row.equity_mills, row.required_mills, row.initial_mills, row.free_margin_mills] for row in rows
        ]
        held += sum(row.initial_mills > 0 for row in rows)
    assert held > 30
