"""Random portfolios, and how far the hold of each is above the largest full margin that any tried part of its working
orders leads to (MARGIN-013).

Engine and reference have the same hold (INV-019), so the reference's is measured. Full margin is without the credit
between commodities (Inter), which no hold has.
"""

from itertools import pairwise
from random import Random
from typing import Any

from exchange.codes import ComboKind, Side
from exchange.conformance.market import MONTH, commodity, listing
from exchange.reference.accounts import full_margin
from exchange.reference.book import Order
from exchange.reference.clearing import Account, Clearing, Position
from exchange.units import ORDER_LOTS_MAX, POSITION_LOTS_MAX

FILLS_TRIED = 60  # subsets of fills a portfolio, besides none, all, all buys and all sells
TIERS = (8_000, 9_000, 9_500)
CHIPS = ((400, 60, 50), (920, 60, 50), (270, 60, 50))  # scan range, intra and tier charge, mills
TICK = 100  # of every settlement and price: nothing is lost against the mark
NEAR_BP = 5_000  # delivery add-on


def hold_ratios(random: Random, count: int, is_near: bool) -> list[float]:
    """The hold of each of so many portfolios to the largest full margin, least first. AssertionError: one is below 1.

    is_near   their first month is near its last trading day (MARGIN-009)
    """
    ratios: list[float] = []
    while len(ratios) < count:
        clearing = random_clearing(random)
        if is_near:
            clearing.addon_months, clearing.addon_bp = dict.fromkeys(clearing.commodities, MONTH), NEAR_BP
        account, orders = random_portfolio(random, clearing)
        held, most = clearing.initial_margin_mills(account, orders), largest_margin(random, clearing, account, orders)
        assert held >= most, f"hold {held} mills, {most} required: {account.positions}, {orders}"
        if most:
            ratios.append(held / most)
    return sorted(ratios)


def random_clearing(random: Random) -> Clearing:
    """One to three chips, some with index contracts; months in three tiers, quarters, a year and a term on top of them;
    calendars between neighbours, tier spreads, and a strip."""
    books: list[dict[str, Any]] = []
    commodities = [
        commodity(1 + chip, 1 + chip, psr_mills=psr, intra_mills=intra, tier_mills=tier)
        for chip, (psr, intra, tier) in enumerate(CHIPS[: random.randint(1, 3)])
    ]
    if random.random() < 0.3:  # index contracts are a commodity of their own, on the months of their chip
        psr, intra, tier = CHIPS[0]
        commodities.append(commodity(len(commodities) + 1, 1, psr_mills=psr, intra_mills=intra, tier_mills=tier))
    for chip in commodities:
        _list_chip(random, books, chip)
    clearing = Clearing()
    clearing.list_payload({"commodities": commodities, "instruments": books})
    return clearing


def _list_chip(random: Random, books: list[dict[str, Any]], chip: dict[str, Any]) -> None:
    months = []
    for number in range(random.randint(1, 5)):
        child = (MONTH + number, (744, 672, 744, 720, 744)[number])
        for floor in random.sample(TIERS, random.randint(1, 2)):
            months.append(_book(books, chip, [child], floor))
    benchmark = [month for month in months if month["floor_bp"] == months[0]["floor_bp"]]
    if len(months) > 2:
        _book(books, chip, [month["months"][0] for month in benchmark][:3], months[0]["floor_bp"])
    for years, share in ((1, 0.3), (3, 0.1)):  # a year and a term
        if random.random() < share:
            _book(books, chip, [(MONTH + number, 730) for number in range(12 * years)], 9_000)
    for front, back in pairwise(months):
        kind = ComboKind.TIER if front["months"] == back["months"] else ComboKind.CALENDAR
        _combination(books, chip, kind, [(front, 1), (back, -1)], 0)
    if len(benchmark) > 1:
        _combination(books, chip, ComboKind.STRIP, [(month, 1) for month in benchmark], TICK)


def _book(books: list[dict[str, Any]], chip: dict[str, Any], months: list[tuple[int, int]], floor: int) -> Any:
    hours = sum(hours for _, hours in months)
    day = {"settle_tick": TICK, "low_tick": TICK, "high_tick": TICK, "taker_fee": 0}  # legs of a calendar lose nothing
    fields = {"months": months, "hours": hours, "floor_bp": floor, "commodity": chip["index"], **day}
    books.append(listing(len(books) + 1, "month", **fields))
    return books[-1]


def _combination(
    books: list[dict[str, Any]], chip: dict[str, Any], kind: ComboKind, legs: list[tuple[Any, int]], tick: int
) -> None:
    hours = sum(leg["hours"] for leg, _ in legs) if kind == ComboKind.STRIP else 744
    day = {"settle_tick": tick, "low_tick": tick, "high_tick": tick, "taker_fee": 0, "hours": hours}
    of = {"combo": kind, "legs": [(leg["index"], sign) for leg, sign in legs], "commodity": chip["index"]}
    books.append(listing(len(books) + 1, kind.name, **of, **day))


def random_portfolio(random: Random, clearing: Clearing) -> tuple[Account, list[Order]]:
    """Positions in up to 20 instruments and up to 20 working orders, all at the mark and without fee."""
    account = _account()
    outrights = [index for index, one in clearing.instruments.items() if one.combo == ComboKind.OUTRIGHT]
    for index in random.sample(outrights, random.randint(0, min(len(outrights), 20))):
        account.positions[index] = Position(lots=random.randint(-30, 30))
    orders = []
    for number in range(random.randint(0, 20)):
        one = clearing.instruments[random.choice(list(clearing.instruments))]
        side, lots = random.choice([Side.BUY, Side.SELL]), random.randint(1, 30)
        orders.append(Order(number, number, 1, 0, one.index, side, 0, 0, one.settle_tick, lots, lots, 0, (0, 0, 0), 0))
    return account, orders


def margin_after(clearing: Clearing, account: Account, orders: list[Order], lots: list[int]) -> int:
    """What the positions require after so many lots of each order have filled."""
    after = _account()
    after.positions = {index: Position(lots=position.lots) for index, position in account.positions.items()}
    for working, done in zip(orders, lots, strict=True):
        for leg, sign in clearing.instruments[working.instrument].legs:
            position = after.positions.setdefault(leg, Position())
            position.lots += sign * (1 if working.side == Side.BUY else -1) * done
    return full_margin(clearing, after, (), list(clearing.addon_months.items()), clearing.addon_bp)


def largest_margin(random: Random, clearing: Clearing, account: Account, orders: list[Order]) -> int:
    """The most that positions require over many subsets of fills; then orders are turned over as long as it rises."""
    full = [order.leaves_lots for order in orders]
    sides = [[lots * (order.side == side) for lots, order in zip(full, orders, strict=True)] for side in Side]
    parts = [[random.choice([0, lots, random.randint(0, lots)]) for lots in full] for _ in range(FILLS_TRIED)]
    tried = [([0] * len(full)), full, *sides, *parts]
    best = max(tried, key=lambda lots: margin_after(clearing, account, orders, lots))
    most = margin_after(clearing, account, orders, best)
    for _ in range(3):
        for place, lots in enumerate(full):
            turned = [*best[:place], lots if best[place] != lots else 0, *best[place + 1 :]]
            if (mills := margin_after(clearing, account, orders, turned)) > most:
                best, most = turned, mills
    return most


def _account() -> Account:
    return Account(1, ORDER_LOTS_MAX, POSITION_LOTS_MAX, POSITION_LOTS_MAX, close_only=False)
