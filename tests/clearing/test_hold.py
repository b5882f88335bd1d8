"""The hold is never below what positions require, whatever part of the working orders fills, and rarely far above it
(MARGIN-013)."""

from itertools import pairwise
from random import Random
from typing import Any

import pytest

from exchange.codes import ComboKind, Side
from exchange.conformance.market import MONTH
from exchange.reference.clearing import Account, Clearing, Position
from exchange.reference.orders import Order
from tests.market import commodity, listing
from tests.properties.requirement import required_mills
from tests.reference.scenario import order

PORTFOLIOS = 250
FILLS_TRIED = 60  # subsets of fills a portfolio, besides none, all, all buys and all sells
TIERS = (8_000, 9_000, 9_500)
CHIPS = ((400, 60, 50), (920, 60, 50), (270, 60, 50))  # scan range, intra and tier charge, mills


def clearing_of(random: Random) -> Clearing:
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
        months = []
        for number in range(random.randint(1, 5)):
            child = (MONTH + number, (744, 672, 744, 720, 744)[number])
            for floor in random.sample(TIERS, random.randint(1, 2)):
                months.append(_book(books, chip, [child], floor))
        if len(months) > 2:
            first = [book["months"][0] for book in months if book["floor_bp"] == months[0]["floor_bp"]]
            _book(books, chip, first[:3], months[0]["floor_bp"])
        for years, share in ((1, 0.3), (3, 0.1)):  # a year and a term
            if random.random() < share:
                _book(books, chip, [(MONTH + number, 730) for number in range(12 * years)], 9_000)
        for front, back in pairwise(months):
            same = front["months"] == back["months"]
            kind = ComboKind.TIER if same else ComboKind.CALENDAR
            _combination(books, chip, kind, [(front, 1), (back, -1)], 0)
        if len(strip := [month for month in months if month["floor_bp"] == months[0]["floor_bp"]]) > 1:
            _combination(books, chip, ComboKind.STRIP, [(month, 1) for month in strip], 100)
    clearing = Clearing()
    clearing.list_payload({"commodities": commodities, "instruments": books})
    return clearing


def _book(books: list[dict[str, Any]], chip: dict[str, Any], months: list[tuple[int, int]], floor: int) -> Any:
    hours = sum(hours for _, hours in months)
    day = {"settle_tick": 100, "low_tick": 100, "high_tick": 100, "taker_fee": 0}  # legs of a calendar lose nothing
    fields = {"months": months, "hours": hours, "floor_bp": floor, "commodity": chip["index"], **day}
    books.append(listing(len(books) + 1, "month", **fields))
    return books[-1]


def _combination(
    books: list[dict[str, Any]], chip: dict[str, int], kind: ComboKind, legs: list[tuple[Any, int]], tick: int
) -> None:
    hours = sum(leg["hours"] for leg, _ in legs) if kind == ComboKind.STRIP else 744
    day = {"settle_tick": tick, "low_tick": tick, "high_tick": tick, "taker_fee": 0, "hours": hours}
    of = {"combo": kind, "legs": [(leg["index"], sign) for leg, sign in legs], "commodity": chip["index"]}
    books.append(listing(len(books) + 1, kind.name, **of, **day))


def portfolio(random: Random, clearing: Clearing) -> tuple[Account, list[Order]]:
    """Positions in up to 20 instruments and up to 20 working orders, all at the mark and without fee."""
    account = Account(1, 10**4, 10**6, 10**4, close_only=False)
    outrights = [index for index, one in clearing.instruments.items() if one.combo == ComboKind.OUTRIGHT]
    for index in random.sample(outrights, random.randint(0, min(len(outrights), 20))):
        account.positions[index] = Position(lots=random.randint(-30, 30))
    orders = []
    for number in range(random.randint(0, 20)):
        one = clearing.instruments[random.choice(list(clearing.instruments))]
        made = order(number, random.choice([Side.BUY, Side.SELL]), one.settle_tick, random.randint(1, 30))
        made.account, made.instrument = 1, one.index
        orders.append(made)
    return account, orders


def filled(clearing: Clearing, account: Account, orders: list[Order], lots: list[int]) -> int:
    """What the positions require after so many lots of each order have filled."""
    after = Account(1, 10**4, 10**6, 10**4, close_only=False)
    after.positions = {index: Position(lots=position.lots) for index, position in account.positions.items()}
    for working, done in zip(orders, lots, strict=True):
        for leg, sign in clearing.instruments[working.instrument].legs:
            position = after.positions.setdefault(leg, Position())
            position.lots += sign * (1 if working.side == Side.BUY else -1) * done
    return required_mills(clearing, after)


def worst(random: Random, clearing: Clearing, account: Account, orders: list[Order]) -> int:
    """The most that positions require over many subsets of fills; then orders are turned over as long as it rises."""
    full = [order.leaves_lots for order in orders]
    sides = [[lots * (order.side == side) for lots, order in zip(full, orders, strict=True)] for side in Side]
    parts = [[random.choice([0, lots, random.randint(0, lots)]) for lots in full] for _ in range(FILLS_TRIED)]
    tried = [([0] * len(full)), full, *sides, *parts]
    best = max(tried, key=lambda lots: filled(clearing, account, orders, lots))
    most = filled(clearing, account, orders, best)
    for _ in range(3):
        for place, lots in enumerate(full):
            turned = [*best[:place], lots if best[place] != lots else 0, *best[place + 1 :]]
            if (mills := filled(clearing, account, orders, turned)) > most:
                best, most = turned, mills
    return most


@pytest.mark.rule("MARGIN-013", "MARGIN-001", "MARGIN-009")
@pytest.mark.parametrize("is_near", [False, True], ids=["far months", "a month near its last trading day"])
def test_the_hold_covers_every_part_that_fills_and_is_close_to_the_worst_one(is_near: bool) -> None:
    random, ratios = Random(13), []
    while len(ratios) < PORTFOLIOS:
        clearing = clearing_of(random)
        if is_near:
            clearing.addon_months, clearing.addon_bp = dict.fromkeys(clearing.commodities, MONTH), 5_000
        account, orders = portfolio(random, clearing)
        held, most = clearing.initial_margin_mills(account, orders), worst(random, clearing, account, orders)
        assert held >= most, (account.positions, orders)
        if most:
            ratios.append(held / most)
    ratios.sort()
    assert ratios[PORTFOLIOS // 2] <= 1.10 and ratios[PORTFOLIOS * 99 // 100] <= 2
