"""Full margin of positions made by a seed is that of the reference."""

from datetime import date

import numpy as np
import pytest

from bench.clearing.full_margin import Portfolios, check_margins, make_positions, time_margins
from exchange.codes import CommandKind
from exchange.engine.calls.margin_payload import margin_payload
from exchange.engine.control.registry import encode_payload
from tests.bench.clearing.small_house import small_house

SMALL = Portfolios(accounts=30, positions_each=5)


def test_each_account_has_so_many_positions_in_different_books() -> None:
    rows = make_positions(SMALL, range(1, 8))
    assert len(np.unique(rows[["account", "book"]])) == 150 and np.unique(rows["account"]).tolist() == [*range(1, 31)]
    assert (rows["lots"] != 0).all() and np.array_equal(rows, make_positions(SMALL, range(1, 8)))


@pytest.mark.rule("MARGIN-001", "MARGIN-007", "MARGIN-009")
def test_margins_are_those_of_the_reference_and_a_wrong_one_is_found() -> None:
    house = small_house()
    terms = margin_payload(house.engine.states, house.spec, date(2026, 12, 20))
    assert terms.addon and terms.pairs
    house.control(CommandKind.MARGIN, encode_payload(terms))
    outrights = [book for book, one in enumerate(house.instruments, 1) if not one.legs]
    state, positions = house.engine.states[0], make_positions(SMALL, outrights)
    times, found = time_margins(state, positions, SMALL.accounts, 2)
    assert len(times) == 2 and check_margins(state, house.instruments, terms, positions, found) == 30
    found[30] += 1
    with pytest.raises(AssertionError, match="account 30: "):
        check_margins(state, house.instruments, terms, positions, found)
