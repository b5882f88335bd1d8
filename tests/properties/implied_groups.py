"""What must hold for the FILL rows of one implied group, whatever the books looked like (INV-002, INV-015)."""

from typing import Any

from exchange.codes import ComboKind, Liquidity, Side
from exchange.reference.book import signed
from exchange.reference.clearing import Instrument


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
