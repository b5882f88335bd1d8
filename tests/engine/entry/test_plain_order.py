"""Which orders ask for nothing but a limit: each further wish is one, and is granted (ORDER-001)."""

import numpy as np
import pytest

from exchange.codes import CommandFlag, OrderType, PostOnly, Side, SmpMode, TimeInForce
from exchange.engine.entry.plain_order import is_immediate_limit, is_plain
from exchange.records import COMMAND, blank_rows

PLAIN = {"side": Side.SELL, "tif": TimeInForce.GTC, "price": 100, "lots": 5, "smp_mode": SmpMode.DECREMENT}
WISHES = [
    {"order_type": OrderType.MARKET},
    {"order_type": OrderType.STOP_LIMIT, "trigger": 1},
    {"tif": TimeInForce.GTD, "expiry_ns": 1},
    {"tif": TimeInForce.FOK},
    {"post_only": PostOnly.REJECT},
    {"minimum_lots": 1},
    {"display_lots": 1},
    {"trigger": -1},
]


def asked(**fields: int) -> np.record:
    rows = blank_rows(COMMAND, 1)
    for name, value in fields.items():
        rows[name] = value
    return rows[0]


@pytest.mark.rule("ORDER-001")
@pytest.mark.parametrize("tif", [TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC])
@pytest.mark.parametrize("side", Side)
def test_a_limit_is_all_that_a_plain_order_asks_for(tif: TimeInForce, side: Side) -> None:
    command = asked(**PLAIN | {"tif": tif, "side": side, "flags": CommandFlag.NO_COD})
    assert bool(is_plain(command)) == (tif != TimeInForce.IOC)
    assert bool(is_immediate_limit(command)) == (tif == TimeInForce.IOC)


@pytest.mark.rule("ORDER-001")
@pytest.mark.parametrize("wish", WISHES, ids=[next(iter(wish)) for wish in WISHES])
def test_any_other_wish_makes_an_order_more_than_plain(wish: dict[str, int]) -> None:
    assert not is_plain(asked(**PLAIN | wish)) and not is_immediate_limit(asked(**PLAIN | wish))
