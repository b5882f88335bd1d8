"""LEAD_MAKERS: which books get them, and what is refused (PRO-003)."""

from typing import Any

import msgspec
import pytest

from exchange.codes import CommandKind
from exchange.engine.control.checks import ControlError
from exchange.limits import LEAD_MAKERS_MAX
from tests.market import property_market
from tests.venues import Pair

PRO_RATA_BOOKS = [2, 3]  # of the property market, both in group 1


@pytest.fixture(scope="module")
def pair() -> Pair:
    made = Pair()
    made.control(CommandKind.LIST, property_market())
    return made


def makers_of(pair: Pair, index: int) -> list[tuple[int, int]]:
    row = pair.fast.engine.states[0].allocation[index]
    assert not row.lead_account[row.lead_makers :].any() and not row.lead_percent[row.lead_makers :].any()
    return list(zip(row.lead_account.tolist(), row.lead_percent.tolist(), strict=True))[: row.lead_makers]


@pytest.mark.rule("PRO-003")
def test_makers_of_a_group_are_those_of_all_its_pro_rata_books_until_others_are_named(pair: Pair) -> None:
    events = pair.control(CommandKind.LEAD_MAKERS, {"makers": [(4, 20), (2, 30)], "group": 1})
    assert [event.account for event in events] == [4, 2]
    assert [makers_of(pair, index) for index in PRO_RATA_BOOKS] == [[(4, 20), (2, 30)]] * 2
    assert makers_of(pair, 1) == []
    pair.control(CommandKind.LEAD_MAKERS, {"makers": [(5, 1)], "instruments": [3]})
    assert [makers_of(pair, index) for index in PRO_RATA_BOOKS] == [[(4, 20), (2, 30)], [(5, 1)]]
    pair.control(CommandKind.LEAD_MAKERS, {"makers": [], "group": 1})
    assert [makers_of(pair, index) for index in PRO_RATA_BOOKS] == [[], []]


@pytest.mark.rule("PRO-003")
@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"makers": [(1, 20), (1, 5)]}, "an account stands once among the lead makers"),
        ({"makers": [(0, 20)]}, r"lead maker's account 0 not in 1\.\."),
        ({"makers": [(1, 51)]}, r"lead maker's percent 51 not in 1\.\.50"),
        ({"makers": [(1, 26), (2, 25)]}, r"percent of all lead makers 51 not in 0\.\.50"),
        ({"makers": [(n, 1) for n in range(1, LEAD_MAKERS_MAX + 2)]}, f"lead makers {LEAD_MAKERS_MAX + 1} not in "),
        ({"group": 2}, "no pro-rata book is named"),
        ({"instruments": [2, 1]}, "instrument 1 is not pro-rata"),
        ({"instruments": [11]}, r"lead makers' instrument 11 not in 1\.\.10"),
    ],
)
def test_what_makes_no_lead_maker_is_refused(pair: Pair, terms: dict[str, Any], expected: str) -> None:
    payload = {"makers": [(1, 20)], "group": 1} | terms
    with pytest.raises(ControlError, match=expected):
        pair.fast.engine.check_control(CommandKind.LEAD_MAKERS, msgspec.json.encode(payload))
