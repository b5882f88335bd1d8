"""What must hold for the FILL rows of one implied group, whatever the books looked like (INV-002, INV-015)."""

from collections.abc import Mapping
from typing import Any

from exchange.codes import ComboKind, EventFlag, Liquidity, Side
from exchange.reference.book import signed
from exchange.reference.clearing import Instrument
from tests.properties.entry import Entry


def check_group(instruments: dict[int, Instrument], group: list[Any]) -> None:
    """Legs sum to the combination's price, every month nets to zero, one of the orders is the aggressor's."""
    *outrights, whole = group
    combination = instruments[whole.instrument]
    prices = {event.instrument: event.trade_tick for event in outrights}
    assert set(prices) == {leg for leg, _ in combination.legs} and len(outrights) == len(prices), "an order a leg"
    assert len({event.lots for event in group}) == 1 and whole.lots > 0
    assert sorted(event.liquidity for event in group)[-2:] == [Liquidity.MAKER, Liquidity.TAKER], "one aggressor"
    for event in outrights:
        sign = dict(combination.legs)[event.instrument]
        assert signed(event.side) == -signed(whole.side) * sign, "each month nets to zero (INV-015)"
    _check_prices(instruments, combination, prices, group)


def check_internal(orders: Mapping[int, Entry], group: list[Any]) -> None:
    """Orders of one owner meet in internal legs alone, and every leg where they meet is one (INV-007, SMP-010)."""
    *outrights, last = group
    whole = orders[last.order_id]
    assert not last.flags & EventFlag.INTERNAL, "the combination prints (IMP-008)"
    for event in outrights:
        order = orders[event.order_id]
        meets = {event.liquidity, last.liquidity} == {Liquidity.MAKER}
        own = meets and (order.is_own(whole) or whole.is_own(order))
        assert own == bool(event.flags & EventFlag.INTERNAL), "orders of one owner meet in internal legs (INV-007)"


def _check_prices(
    instruments: dict[int, Instrument], combination: Instrument, prices: dict[int, int], group: list[Any]
) -> None:
    whole = group[-1]
    if combination.combo != ComboKind.STRIP:
        assert sum(sign * prices[leg] for leg, sign in combination.legs) == whole.trade_tick, "legs sum (INV-015)"
        return
    hours = {leg: instruments[leg].hours for leg in prices}
    total, sum_hours = sum(hours[leg] * prices[leg] for leg in prices), sum(hours.values())
    excess = (total - sum_hours * whole.trade_tick) * (1 if whole.side == Side.BUY else -1)
    if whole.liquidity == Liquidity.TAKER:
        # The reported price is rounded against the aggressor, who pays the prices of the legs.
        assert 0 <= -excess < sum_hours, "within the rounding of IMP-013"
        return
    taker = next(event for event in group if event.liquidity == Liquidity.TAKER)
    assert 0 <= -excess < hours[taker.instrument], "the strip's order never does worse than its limit (IMP-013)"
