"""Terms of quoting: how long an episode is, what an action may ask for, what the reward subtracts, and all scales."""

import math
from dataclasses import dataclass, fields

import numpy as np

from exchange.units import NS_PER_S

ACTION_NAMES = ("bid offset", "ask offset", "bid lots", "ask lots")
ACTIONS = len(ACTION_NAMES)
LEVELS_MAX = 50
LIMIT = 1_000_000  # largest value of any term that counts something


@dataclass(frozen=True)
class QuoteTerms:
    """All parameters of a quoting environment. ValueError: a term is outside of its range.

    levels         price levels a side in the observation
    messages       messages of the flow between two actions
    steps          actions of an episode, after which it is truncated
    seconds        market time after which an episode is truncated; 0: it ends by `steps` only
    offset_max     largest distance of a quote from the mid price, ticks
    lots_max       largest size of a quote, lots
    position_max   a quote never leads to a longer or shorter position than this, lots
    penalty        inventory penalty, dollars a step for each lot of the position squared
    loss_max       an episode terminates when it has lost this, dollars
    discrete       True: an action is four integers in ticks and lots; False: four numbers in -1..1
    depth_ticks    distance from the mid price at which the observation of levels is cut, ticks
    depth_lots     size at which the observation of lots is cut
    """

    levels: int = 10
    messages: int = 100
    steps: int = 500
    seconds: float = 0.0
    offset_max: int = 20
    lots_max: int = 10
    position_max: int = 100
    penalty: float = 0.001
    loss_max: float = 100_000.0
    discrete: bool = False
    depth_ticks: int = 100
    depth_lots: int = 1_000

    def __post_init__(self) -> None:
        highest = {"levels": LEVELS_MAX}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is int:
                allowed = highest.get(field.name, LIMIT)
                if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= allowed:
                    raise ValueError(f"{field.name} {value!r}: not an integer in 1..{allowed}")
            elif field.name != "discrete" and not (isinstance(value, int | float) and 0 <= value < math.inf):
                raise ValueError(f"{field.name} {value!r}: not a number of at least 0")

    @property
    def length_ns(self) -> int:
        """Market time of an episode, ns; 0: no limit."""
        return round(self.seconds * NS_PER_S)

    @property
    def highest(self) -> np.ndarray:
        """Largest integer of each part of an action: ticks, ticks, lots, lots."""
        return np.array([self.offset_max, self.offset_max, self.lots_max, self.lots_max], np.int64)


def decode_actions(terms: QuoteTerms, actions: object, shape: tuple[int, ...]) -> np.ndarray:
    """Actions as integers: bid offset and ask offset in ticks from the mid price, bid lots and ask lots.

    A number in -1..1 becomes an integer in 0..largest, rounded to the nearest. A finite number outside is clipped.

    shape     shape of one action, or of the actions of all books; the last length is ACTIONS
    returns   int64 of this shape, in C order whatever the order of `actions`: kernels read its memory
    ValueError: another shape, no numbers, NaN or infinite; a discrete action outside of its range
    """
    try:
        values = np.array(actions, np.float64, order="C")
    except (TypeError, ValueError):
        raise ValueError(f"action {actions!r}: want {_wanted(terms)}") from None
    if values.shape != shape:
        raise ValueError(f"action of shape {values.shape}: want shape {shape}, {_wanted(terms)}")
    highest = terms.highest
    if terms.discrete:
        good = (values >= 0) & (values <= highest) & (values == np.floor(values))
    else:
        good = np.isfinite(values)
    if not good.all():
        place = tuple(int(part) for part in np.argwhere(~good)[0])
        where = f" of book {place[0]}" if len(place) > 1 else ""
        raise ValueError(f"action{where}: {ACTION_NAMES[place[-1]]} {values[place]}: want {_wanted(terms)}")
    if terms.discrete:
        return values.astype(np.int64)
    decoded: np.ndarray = np.floor((np.clip(values, -1, 1) + 1) * 0.5 * highest + 0.5).astype(np.int64)
    return decoded


def decode_take(terms: QuoteTerms, action: object) -> int:
    """The action of a taker as lots to buy, below 0 to sell.

    A number in -1..1 becomes lots in -lots_max..lots_max; a finite number outside is clipped. With `discrete` it is an
    integer in 0..2 * lots_max, of which lots_max does nothing.

    ValueError: no single number, not finite, or a discrete action outside of its range
    """
    most = terms.lots_max
    wanted = f"want one integer in 0..{2 * most}" if terms.discrete else "want one finite number in -1..1"
    try:
        values = np.asarray(action, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"action {action!r}: {wanted}") from None
    if values.shape not in ((), (1,)):
        raise ValueError(f"action of shape {values.shape}: {wanted}")
    value = float(values.reshape(1)[0])
    if terms.discrete:
        if not (0 <= value <= 2 * most and value == math.floor(value)):
            raise ValueError(f"action {value}: {wanted}")
        return int(value) - most
    if not math.isfinite(value):
        raise ValueError(f"action {value}: {wanted}")
    return math.floor(min(max(value, -1.0), 1.0) * most + 0.5)


def _wanted(terms: QuoteTerms) -> str:
    names = ", ".join(ACTION_NAMES)
    if terms.discrete:
        return f"integers from 0 to {terms.highest.tolist()} ({names})"
    return f"finite numbers in -1..1 ({names})"
