"""What an agent sees: figures as integers, in one order, and the same scaled to -1..1.

The figures, with L levels a side (prices are half ticks from the mid price, so that they are whole):

- `BID_GAP`, `BID_LOTS`, `ASK_GAP`, `ASK_LOTS`: L each, best first, without the agent's own orders. A level that is
  missing has no lots and the largest gap.
- `POSITION`: lots held, signed.
- `TIME_LEFT`: rest of the episode, parts of TIME_PARTS.
- `MID_CHANGE`: of the mid price since the action before, half ticks.
- `OWN_GAP`, `OWN_LOTS`, `OWN_AHEAD`: of the own bid, then of the own ask: half ticks from the mid price, lots that
  rest, lots before it in its queue. All are 0 without such an order.

The mid price is that between the best prices of the others. While one side has none, it stays as it was.
"""

import math
from functools import cache

import numpy as np

from bench.environments.terms import QuoteTerms

BLOCKS = 4  # blocks of a figure a level
POSITION, TIME_LEFT, MID_CHANGE, OWN = range(4)  # places after the blocks
OWN_GAP, OWN_LOTS, OWN_AHEAD, OWN_FIGURES = range(4)  # places within the figures of an own order
AFTER_LEVELS = OWN + 2 * OWN_FIGURES
TIME_PARTS = 1_000_000


def figure_count(terms: QuoteTerms) -> int:
    """Number of figures of an observation."""
    return BLOCKS * terms.levels + AFTER_LEVELS


def largest_gap(terms: QuoteTerms) -> int:
    """Gap of a level that does not exist, half ticks."""
    return 2 * terms.depth_ticks


def scale(terms: QuoteTerms, figures: np.ndarray) -> np.ndarray:
    """Figures as an observation: each in -1..1, cut there.

    Gaps are parts of `depth_ticks`, own gaps and changes parts of `offset_max`; lots of levels and lots ahead are
    log(1 + lots) / log(1 + depth_lots).

    figures   int64, shape (..., figure_count(terms))
    returns   float32 of the same shape
    """
    largest, logarithmic = largest_figures(terms)
    scaled: np.ndarray = figures.astype(np.float32)
    scaled[..., logarithmic] = np.log1p(scaled[..., logarithmic])
    scaled /= largest
    return np.clip(scaled, -1, 1, out=scaled)


@cache
def largest_figures(terms: QuoteTerms) -> tuple[np.ndarray, np.ndarray]:
    """The figure that becomes 1, after the logarithm where one is taken, and the places where it is."""
    lots = (math.log1p(terms.depth_lots), True)
    change = (2 * terms.offset_max, False)
    levels = [(largest_gap(terms), False)] * terms.levels + [lots] * terms.levels
    own = [change, (terms.lots_max, False), lots]
    figures = [*levels, *levels, (terms.position_max, False), (TIME_PARTS, False), change, *own, *own]
    largest, logarithmic = zip(*figures, strict=True)
    return np.array(largest, np.float32), np.flatnonzero(logarithmic)
