"""Who trades in the living market: makers, dealers, operators, labs, inference fleets, arbitrageurs, execution desks.

`population` gives a list of members from a seed. A member whose contracts the venue does not list is left out.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from clients.strategies.calendar_arbitrage import CalendarArbitrage
from clients.strategies.curve_maker import CurveMaker, hourly
from clients.strategies.delivery import find, hours_of
from clients.strategies.strategy import Strategy
from clients.strategies.tier_arbitrage import TierArbitrage
from exchange.demo.market.fundamental import Fundamental, View
from exchange.demo.market.participants import Dealer, Fleet, Lab, Operator, TwapDesk, Wish
from exchange.wire.messages import InstrumentDefinition

Instruments = Mapping[str, InstrumentDefinition]
CHIPS = ("H100", "B200", "H200", "A100")
MONTHS = 3
WIDE = ("H100", "B200")  # chips whose quarters, years, terms and tiers are traded too
SMALL_MODEL = {"A100": 1_100, "H100": 1_700, "H200": 1_700, "B200": 2_300}  # tenths of TFLOP/s, contracts.md section 13
VOLATILITY = 0.6  # of a year, as makers assume it


@dataclass(frozen=True)
class Pace:
    """How fast the market lives.

    timer_s       of every member
    order_s       length of a desk's order
    wish_s        time between two changes of what an operator, lab or fleet wants
    half_life_s   time in which half of a move of the fundamental value is undone
    deviation     of the fundamental value, as in `Fundamental`
    """

    timer_s: float
    order_s: float
    wish_s: float
    half_life_s: float
    deviation: float


STEADY = Pace(timer_s=1.0, order_s=60.0, wish_s=900.0, half_life_s=3_600.0, deviation=0.012)
DEMO = Pace(timer_s=0.2, order_s=3.0, wish_s=20.0, half_life_s=30.0, deviation=0.004)


@dataclass(frozen=True)
class Participant:
    """One account: its name, the kind of client, and the program that trades it."""

    name: str
    kind: str
    strategy: Strategy


class _Makers:
    """Makes the members of one market."""

    def __init__(
        self, known: Instruments, months: Sequence[Sequence[InstrumentDefinition]], seed: int, pace: Pace,
        now_s: Callable[[], float],
    ) -> None:  # fmt: skip
        self.known, self.seed, self.pace, self.now_s = known, seed, pace, now_s
        self.months = {rows[0].chip: rows for rows in months if rows}
        self.fundamental = Fundamental([*self.months], seed, now_s, pace.deviation, pace.half_life_s)
        self.fundamental.anchor([row for row in known.values() if not row.combo and row.chip in self.months])

    def rng(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name}")

    def view(self, name: str, error_tick: float) -> View:
        return View(self.fundamental, f"{self.seed} {name}", error_tick, self.pace.half_life_s / 3, self.now_s)

    def wish(self, name: str, mean: int, share: float) -> Wish:
        return Wish(self.rng(name), mean, share, self.pace.wish_s)

    def curve(self, chip: str) -> list[str]:
        """Months, the quarters that they make up, and their calendar spreads."""
        numbers = {row.instrument for row in self.months[chip]}
        spreads = [
            row.symbol
            for row in self.known.values()
            if row.combo == "calendar" and all(number in numbers for number, _ in row.legs or ())
        ]
        return [*(row.symbol for row in self.months[chip]), *spreads]

    def makers(self, chip: str) -> Iterator[Participant]:
        """A tight, small curve maker and a wide, large one, with different opinions."""
        settle_tick = self.months[chip][0].settle_tick
        for place, (lots, decay, error) in enumerate(((12, 0.5, 1.0), (30, 0.2, 2.0))):
            name = f"maker {chip} {place + 1}"
            maker = CurveMaker(
                self.curve(chip), view=self.view(name, error), lots=lots, fill_decay=decay, follow=0.02, pull=0.2,
                volatility_tick=hourly(VOLATILITY, settle_tick), inventory_lots_max=20 * lots,
                risk_aversion=2e-5 * (2_810 / settle_tick) ** 2, requote_ticks=1 if place == 0 else 2,
            )  # fmt: skip
            yield Participant(name, "curve maker", maker)

    def dealer(self, chip: str) -> Iterator[Participant]:
        """Quarters, years and terms, other tiers and tier spreads."""
        codes = {row.symbol.rpartition(".")[2] for row in self.months[chip]}
        longer = find(self.known, chip, "quarter", "year", "term3")[:9]
        lower = [row for row in find(self.known, chip, "month", floor_bp=8_000) if row.symbol.endswith(tuple(codes))]
        spreads = [
            row
            for row in self.known.values()
            if row.combo == "tier" and row.chip == chip and row.symbol.rpartition(".")[2] in codes
        ]
        symbols = [row.symbol for row in (*longer, *lower, *spreads)]
        if symbols:
            yield Participant(
                f"dealer {chip}", "dealer", Dealer(symbols, self.view(f"dealer {chip}", 5.0), 10, 2, lean_lots=20)
            )

    def operator(self, chip: str) -> Participant:
        """A cloud operator that hedges the capacity of its front months."""
        months = sorted({month for row in self.months[chip] for month in hours_of(row)})
        wish = self.wish(f"operator {chip}", 60, 0.8)
        return Participant(f"operator {chip}", "operator", Operator(chip, months, wish, self.pace.wish_s / 2))

    def desk(self, chip: str) -> Participant:
        symbols = [row.symbol for row in self.months[chip]]
        return Participant(
            f"desk {chip}", "desk", TwapDesk(symbols, self.rng(f"desk {chip}"), seconds=self.pace.order_s)
        )

    def arbitrageurs(self, chip: str) -> Iterator[Participant]:
        """Between a quarter and its months, and between tiers, if both are listed."""
        months = {month for row in find(self.known, chip, "month") for month in hours_of(row)}
        quoted = {month for row in self.months[chip] for month in hours_of(row)}
        quarters = [row.symbol for row in find(self.known, chip, "quarter") if hours_of(row).keys() <= months & quoted]
        if quarters:
            yield Participant(f"calendar {chip}", "calendar arbitrage", CalendarArbitrage(quarters, lots=4))
        codes = [row.symbol.rpartition(".")[2] for row in self.months[chip]]
        if find(self.known, chip, "month", floor_bp=8_000):
            yield Participant(f"tiers {chip}", "tier arbitrage", TierArbitrage(chip, codes, lots=4, premium_share=1.0))

    def lab(self, chip: str) -> Iterator[Participant]:
        """A lab that buys three years, if the venue lists them."""
        terms = find(self.known, chip, "term3")
        if terms:
            wish = self.wish(f"lab {chip}", 10, 0.9)
            yield Participant(f"lab {chip}", "lab", Lab(chip, int(terms[0].first_day[:4]), wish))

    def fleets(self) -> Iterator[Participant]:
        """Two inference services: one for large models, one for small ones that older chips serve as well."""
        codes = {row.symbol.rpartition(".")[2] for rows in self.months.values() for row in rows}
        for name, rates, demand in (("large", None, 18_000), ("small", SMALL_MODEL, 4_000)):
            wishes = {code: self.wish(f"fleet {name} {code}", demand, 0.7) for code in sorted(codes)}
            yield Participant(f"fleet {name}", "inference router", Fleet([*self.months], wishes, rates))


def population(
    known: Instruments,
    months: Sequence[Sequence[InstrumentDefinition]],
    seed: int,
    pace: Pace,
    now_s: Callable[[], float],
) -> list[Participant]:
    """All members for the front months of some chips.

    known    instruments of the venue by symbol
    months   front months of each chip, nearest first
    now_s    clock of the fundamental values
    """
    if not any(months):
        return []
    makers = _Makers(known, months, seed, pace, now_s)
    members: list[Participant] = []
    for chip in makers.months:
        members += [*makers.makers(chip), makers.operator(chip), makers.desk(chip)]
        if chip in WIDE:
            members += [*makers.dealer(chip), *makers.arbitrageurs(chip), *makers.lab(chip)]
    members += makers.fleets()
    for member in members:
        member.strategy.timer_s = pace.timer_s
    return members


def choose(known: Instruments, after_us: int, chips: Sequence[str] = CHIPS) -> list[list[InstrumentDefinition]]:
    """The nearest three months of each chip that trade on after a time, a list for each."""
    return [[row for row in find(known, chip, "month") if row.last_trading_us > after_us][:MONTHS] for chip in chips]
