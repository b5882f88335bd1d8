"""Codes of the clearing house that are places in a table of the state."""

import pytest

from exchange.clearing_codes import HouseAccount
from exchange.engine.state import new_state
from exchange.limits import MEDIUM


@pytest.mark.rule("INV-018")
def test_each_account_of_the_house_has_a_place_in_the_state() -> None:
    assert list(HouseAccount) == list(range(len(new_state(MEDIUM)["house_mills"][0])))
