"""Arbitrage between quality tiers of one chip: buys a higher tier that is not dearer, and sells the lower one.

A lot of a higher goodput tier may be delivered into a contract of a lower tier, never the reverse (SPEC-022). So a
higher tier is worth at least as much as a lower one. If G95 is offered below what G90 is bid, after fees, then buying
G95 and selling G90 gains the difference at delivery, whatever prices do until then, and more if the order is restored
before. This is the dominance argument of R. Merton (1973), "Theory of rational option pricing", Bell Journal of
Economics 4(1): an asset that can do all that another can does not cost less.

With `premium_share` above 0 it counts on more: that a higher tier is dearer in proportion to its floor, as a seller is
paid who delivers it for a lower one (CERT-030). Then a pair is opened below that share of the premium and closed above
it, and its gain is no longer locked in.

It trades outrights, tier by tier, and the tier-spread books, which have no leg risk. It never is net short of a tier
and all higher ones together: each lot sold is covered by one of at least its quality. It closes pairs as soon as the
higher tier is dearer by `exit_tick` after fees.
"""

from collections.abc import Iterator, Sequence

from clients.strategies.delivery import find
from clients.strategies.packages import Leg, Package, PackageTrader, reversed_legs
from exchange.wire.messages import InstrumentDefinition

TIERS = (9_500, 9_000, 8_500, 8_000)  # goodput floors in basis points


class TierArbitrage(PackageTrader):
    """Keeps the order of the tiers in months of one chip.

    chip, months         symbols' chip and codes of its months, like H100 and F27, G27
    entry_tick           least gain of a pair after fees, in ticks
    exit_tick            least gain of closing a pair after fees, in ticks
    premium_share        share of the premium for the higher floor that it counts on
    inventory_lots_max   most lots of pairs in a month
    """

    def __init__(
        self,
        chip: str,
        months: Sequence[str],
        *,
        lots: int = 10,
        entry_tick: int = 1,
        exit_tick: int = 1,
        premium_share: float = 0.0,
        inventory_lots_max: int = 100,
        slippage_ticks: int = 5,
    ) -> None:
        super().__init__(lots, slippage_ticks)
        self.chip, self.months = chip, months
        self.entry_tick, self.exit_tick = entry_tick, exit_tick
        self.premium_share, self.inventory_lots_max = premium_share, inventory_lots_max
        self.ladders: list[list[Leg]] = []  # outrights of each month, highest tier first
        self.spreads: list[tuple[Leg, Leg, Leg]] = []  # (spread, higher tier, lower tier)

    async def start(self) -> None:
        known = await self.session.instruments()
        for month in self.months:
            rows = [row for floor in TIERS for row in find(known, self.chip, "month", floor_bp=floor)]
            ladder = [await self.leg(row.symbol) for row in rows if row.symbol.endswith(f".{month}")]
            self.ladders.append(ladder)
            by_number = {leg.instrument.instrument: leg for leg in ladder}
            for row in known.values():
                if row.combo == "tier" and all(number in by_number for number, _ in row.legs or ()):
                    higher, lower = (by_number[number] for number, _ in row.legs or ())
                    self.spreads.append((await self.leg(row.symbol), higher, lower))

    def offers(self) -> Iterator[tuple[Package, int, int]]:
        for ladder in self.ladders:
            for place, higher in enumerate(ladder):
                for lower in ladder[place + 1 :]:
                    yield from self.both_ways((higher, lower.reverse), higher, lower)
        for spread, higher, lower in self.spreads:
            yield from self.both_ways((spread,), higher, lower)

    def both_ways(self, package: Package, higher: Leg, lower: Leg) -> Iterator[tuple[Package, int, int]]:
        """Open a pair while there is room, close one that is held."""
        hours = higher.instrument.hours
        held = max(0, min(self.held(higher), -self.held(lower)))
        premium_mills = self.premium_tick(higher, lower) * hours
        room = self.inventory_lots_max - self.open_lots(higher.instrument)
        yield package, room, self.entry_tick * hours - premium_mills
        yield reversed_legs(package), held, self.exit_tick * hours + premium_mills

    def premium_tick(self, higher: Leg, lower: Leg) -> int:
        """How much dearer the higher tier is expected to be, in ticks."""
        level = lower.reverse.level
        if not self.premium_share or level is None:
            return 0
        floor_bp = lower.instrument.floor_bp
        return int(level.price_tick * self.premium_share * (higher.instrument.floor_bp - floor_bp) / floor_bp)

    def surplus(self) -> Iterator[tuple[Leg, int]]:
        """All lots of a month must sum to zero: sell the lowest tier held, or buy back the highest one sold."""
        for ladder in self.ladders:
            total = sum(self.held(leg) for leg in ladder)
            if total > 0:
                leg = next(leg for leg in reversed(ladder) if self.held(leg) > 0)
                yield leg.reverse, min(total, self.held(leg))
            elif total < 0:
                leg = next(leg for leg in ladder if self.held(leg) < 0)
                yield leg, min(-total, -self.held(leg))

    def open_lots(self, row: InstrumentDefinition) -> int:
        """Lots of pairs held in the month of an instrument."""
        ladder = next(ladder for ladder in self.ladders if any(leg.instrument is row for leg in ladder))
        return sum(max(0, self.held(leg)) for leg in ladder)

    def held(self, leg: Leg) -> int:
        return self.session.position_lots(leg.instrument)
