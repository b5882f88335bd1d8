"""The market maker: a bid and an offer in every outright of the benchmark tier, once a day, around the day's price."""

from collections.abc import Mapping
from datetime import date

from contracts_spec.ids import unpack_id
from contracts_spec.outrights import BENCHMARK_BP
from exchange.codes import CommandKind, Family, OrderType, PeriodKind, Side, TimeInForce
from exchange.demo.story.cast import Desk, Who
from exchange.demo.story.prices import Spot
from exchange.engine.query import InstrumentRow
from exchange.units import BP, share_ceil

FAMILIES = (Family.PHY, Family.TOP)
HALF_SPREAD_BP = 30
LOTS = {
    PeriodKind.MONTH: 24, PeriodKind.QUARTER: 12, PeriodKind.YEAR: 12, PeriodKind.TERM3: 6, PeriodKind.TERM5: 6,
}  # fmt: skip
STRESS_BP = 250  # a move of the spot price in a day, from which on the maker shows less, further away
STRESS_LOTS, STRESS_SPREADS = 5, 3


class Maker:
    """Quotes the chips of the story."""

    def __init__(self, desk: Desk, chips: Mapping[int, str]) -> None:
        """`chips`: names by product group."""
        self._desk, self._chips = desk, chips
        self._spots: dict[str, Spot] = {}

    def quote(self, day: date, spots: Mapping[str, Spot]) -> None:
        """Show a bid and an offer in every outright. Orders are for the day, so those of yesterday are gone."""
        orders: list[dict[str, int]] = []
        for row in self._desk.listed.values():
            if not row.combo and row.floor_bp == BENCHMARK_BP and row.family in FAMILIES:
                chip = self._chips[row.group]
                orders += self._both(row, spots[chip].period(unpack_id(row.instrument_id).period, day), chip, spots)
        self._spots = dict(spots)
        if orders:
            self._desk.simulated.rows(orders)

    def _both(self, row: InstrumentRow, price: int, chip: str, spots: Mapping[str, Spot]) -> list[dict[str, int]]:
        before, now = self._spots.get(chip, spots[chip]).spot, spots[chip].spot
        is_stress = abs(now - before) * BP > STRESS_BP * before
        lots = STRESS_LOTS if is_stress else LOTS[PeriodKind(row.period_kind)]
        half = max(1, share_ceil(price, HALF_SPREAD_BP)) * (STRESS_SPREADS if is_stress else 1)
        low, high = self._allowed(row)
        bid, ask = max(low, min(high - 1, price - half)), min(high, max(low + 1, price + half))
        return [
            {
                "kind": CommandKind.NEW, "account": Who.MAKER, "instrument": row.index, "side": side, "price": tick,
                "order_type": OrderType.LIMIT, "tif": TimeInForce.DAY, "lots": lots, "smp_id": Who.MAKER,
            }
            for side, tick in ((Side.BUY, bid), (Side.SELL, ask))
        ]  # fmt: skip

    def _allowed(self, row: InstrumentRow) -> tuple[int, int]:
        """Lowest offer and highest bid that the reject band and the day's limits allow (BAND-001, BAND-013)."""
        book = self._desk.states[0].books[row.index]
        reference = int(book.last_tick) if book.has_last else row.settle_tick
        return max(row.low_tick, reference - row.band_ticks), min(row.high_tick, reference + row.band_ticks)
