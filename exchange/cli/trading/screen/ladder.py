"""The price ladder: asks above bids, implied lots apart, own orders at both edges with their place in the queue."""

from typing import NamedTuple

from clients.orders import Order
from exchange.cli.trading.market import ShownMarket, Step
from exchange.cli.trading.screen.places import Places
from exchange.units import price_text

WIDTH, MARK_WIDTH = 50, 7
HEADING = f"{'own':>7} {'bid':>6} {'impl':>5} {'$/GPU-h':^8} {'impl':<5} {'ask':<6} {'own':<7}"
UNKNOWN = Places()


class Rung(NamedTuple):
    """One line of the ladder. `price_tick` None: a line without a price."""

    price_tick: int | None
    side: str  # b, s, or "" for the line of the spread
    text: str


def rungs(market: ShownMarket, own: list[Order], height: int, places: Places = UNKNOWN) -> list[Rung]:
    """`height` lines, an odd number of them: as many asks as bids, the spread between."""
    count = max(1, (height - 1) // 2)
    bids, asks = market.sides(count)
    asks_shown = [_rung(step, "s", own, places) for step in reversed(asks)]
    bids_shown = [_rung(step, "b", own, places) for step in bids]
    blank = Rung(None, "", "")
    return [
        *[blank] * (count - len(asks_shown)), *asks_shown, Rung(None, "", _spread(market, bids, asks)), *bids_shown,
        *[blank] * (count - len(bids_shown)),
    ]  # fmt: skip


def _spread(market: ShownMarket, bids: list[Step], asks: list[Step]) -> str:
    if not market.book.synced:
        return f"no book: {market.book.problem}".center(WIDTH)[:WIDTH]
    if not bids or not asks:
        return ("no orders" if not bids and not asks else "one side is empty").center(WIDTH)
    ticks = asks[0].price_tick - bids[0].price_tick
    return f"spread {ticks} tick{'s' * (ticks != 1)}".center(WIDTH)


def _rung(step: Step, side: str, own: list[Order], places: Places) -> Rung:
    lots, implied = _lots(step.lots), _lots(step.implied_lots)
    here = [order for order in own if (order.side, order.price_tick) == (side, step.price_tick)]
    mark = mark_of(here, places)
    price = f"{price_text(step.price_tick):^8}"
    if side == "b":
        text = f"{mark:>7} {lots:>6} {implied:>5} {price} {'':<5} {'':<6} {'':<7}"
    else:
        text = f"{'':>7} {'':>6} {'':>5} {price} {implied:<5} {lots:<6} {mark:<7}"
    return Rung(step.price_tick, side, text)


def mark_of(own: list[Order], places: Places) -> str:
    """Own lots at a price, and the lots that trade before the first of them, if that is known: 5#120."""
    if not own:
        return ""
    ahead = [lots for lots in map(places.ahead, own) if lots is not None]
    text = short(sum(order.leaves_lots for order in own))
    return (f"{text}#{short(min(ahead))}" if ahead else f"[{text}]")[:MARK_WIDTH]


def short(lots: int) -> str:
    """Lots in at most four characters, rounded down: 999, 12k, 3M."""
    if lots < 1_000:
        return str(lots)
    return f"{lots // 1_000}k" if lots < 1_000_000 else f"{lots // 1_000_000}M"


def _lots(lots: int) -> str:
    return f"{lots:,}" if lots else ""
