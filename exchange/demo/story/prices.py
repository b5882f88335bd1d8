"""The price of a GPU-hour of each chip: a spot price for each day, and the forward curve that it stands in front of.

All of it is integers from a seed. The spot price wanders, follows an anchor that falls as chips age, and jumps with the
news. The curve is backwardated: from the spot price it falls towards the anchor, by a share of the rest each month.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from contracts_spec.formulas.rounding import weighted_price
from contracts_spec.periods import Period, month_hours, month_index
from exchange.units import BP

ANCHOR_BP = 7_000  # anchor, share of the first spot price
AGEING_BP = 3  # by which the anchor falls in a week
PULL_BP = 20  # of the distance to the anchor's usual premium, a day
NOISE_BP = 90  # largest move of a plain day
PREMIUM_BP = 13_500  # spot price that the anchor pulls towards, share of the anchor
REACH_BP = 9_400  # of what a month is above the anchor, the next month keeps


class News(NamedTuple):
    """What moves prices for some days: `bp` a day."""

    first: date
    days: int
    chip: str
    bp: int
    text: str

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)


NEWS = (
    News(date(2027, 4, 12), 4, "H100", -560, "a large cloud cuts its list price of H100 by a fifth"),
    News(date(2027, 4, 14), 3, "B200", -180, "B200 follows"),
    News(date(2027, 10, 4), 5, "H100", 260, "inference demand empties the H100 clouds"),
    News(date(2028, 3, 6), 4, "B200", -280, "racks of the next generation reach customers"),
)


class Spot(NamedTuple):
    """Prices of one chip on a day, mills."""

    spot: int
    anchor: int

    def forward(self, months: int) -> int:
        """Price of the month that begins this many months ahead."""
        return max(1, self.anchor + (self.spot - self.anchor) * reach_bp(months) // BP)

    def period(self, period: Period, day: date) -> int:
        """Price of a period: the mean of its months by hours."""
        now = month_index(day)
        return weighted_price([(self.forward(max(0, month - now)), month_hours(month)) for month in period.months])


@cache
def reach_bp(months: int) -> int:
    """What is left of a premium over the anchor after some months, basis points."""
    return BP if months == 0 else reach_bp(months - 1) * REACH_BP // BP


def spots(chip: str, seed_mills: int, first: date, seed: int) -> Iterator[Spot]:
    """The prices of a chip, day after day from `first` on. `seed_mills`: its spot price then."""
    chance = random.Random(f"{seed} {chip}")
    spot, anchor, day = seed_mills, seed_mills * ANCHOR_BP // BP, first
    while True:
        yield Spot(spot, anchor)
        day += timedelta(days=1)
        if day.weekday() == 0:
            anchor -= anchor * AGEING_BP // BP
        news_bp = sum(one.bp for one in NEWS if one.chip == chip and one.first <= day <= one.last)
        pull = (anchor * PREMIUM_BP // BP - spot) * PULL_BP // BP
        spot = max(1, spot + pull + spot * (news_bp + chance.randint(-NOISE_BP, NOISE_BP)) // BP)
        anchor = max(1, anchor + anchor * news_bp // (2 * BP))
