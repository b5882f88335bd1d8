"""An outside judge of variation margin: the public test vectors of the ACTUS standard for futures.

A future of ACTUS pays once, the difference between the price at maturity and the agreed one. Ours pays every day, so
what all days together pay must be the same. The standard knows neither fees nor margin nor how a price is found: those
it does not judge.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts_spec.formulas.settlement import variation
from exchange.codes import CommandKind, MarketState, Side, TimeInForce
from exchange.engine import query
from exchange.reference.rows import Command
from tests.market import MONTH, account_payload, commodity, listing
from tests.venues import Pair

FILE = Path(__file__).parents[3] / "shared" / "data" / "actus" / "actus-tests-futur.json"
FUTURES: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
BOOK, OWNER, OTHER, MONEY = 1, 1, 2, 10**9

pytestmark = pytest.mark.skipif(not FUTURES, reason="the ACTUS vectors are not part of the project")


def cents(text: str) -> int:
    """A price of the standard in cents; here a tick is a cent, and a lot one hour."""
    return round(float(text) * 100)


def prices_of(future: dict[str, Any]) -> list[int]:
    """What was observed of its underlying up to maturity."""
    terms = future["terms"]
    name = terms["contractStructure"][0]["object"]["marketObjectCode"]
    rows = future["dataObserved"][name]["data"]
    return [cents(row["value"]) for row in rows if row["timestamp"] <= terms["maturityDate"]]


def paid(future: dict[str, Any]) -> int:
    """What its owner receives in the end, cents."""
    return next(cents(row["payoff"]) for row in future["results"] if row["eventType"] == "STD")


@pytest.mark.rule("SETTLE-007")
@pytest.mark.parametrize("name", FUTURES)
def test_the_variation_of_all_days_is_what_the_standard_pays_at_the_end(name: str) -> None:
    future = FUTURES[name]
    agreed, lots = cents(future["terms"]["futuresPrice"]), 1 if future["terms"]["contractRole"] == "BUY" else -1
    mark_num, received = agreed * lots, 0
    for price in prices_of(future):
        run = variation(price, lots, mark_num, 1)
        mark_num, received = run.mark_num, received + run.mills
    assert received == paid(future)


@pytest.mark.rule("SETTLE-007")
@pytest.mark.parametrize("name", FUTURES)
def test_engine_and_reference_pay_it_too(name: str) -> None:
    future = FUTURES[name]
    agreed = cents(future["terms"]["futuresPrice"])
    pair, sequence = Pair(), 0
    around = {"settle_tick": agreed, "low_tick": agreed - 10, "high_tick": agreed + 10}
    book = listing(BOOK, "FUTUR", hours=1, months=[(MONTH, 1)], **around)
    pair.control(CommandKind.LIST, {"commodities": [commodity(1, 1, psr_mills=400)], "instruments": [book]})

    def row(kind: CommandKind, **fields: Any) -> None:
        nonlocal sequence
        sequence += 1
        pair.apply(Command(kind=kind, sequence=sequence, request_id=sequence, time_ns=sequence, **fields))

    for account in (OWNER, OTHER):
        pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
        row(CommandKind.DEPOSIT, account=account, amount_mills=MONEY)
    for state in (MarketState.PREOPEN, MarketState.OPEN):
        row(CommandKind.SET_STATE, group=1, market_state=state)
    side = Side.BUY if future["terms"]["contractRole"] == "BUY" else Side.SELL
    for account, own in ((OTHER, Side(1 - side)), (OWNER, side)):
        row(CommandKind.NEW, account=account, instrument=BOOK, side=own, price=agreed, lots=1, tif=TimeInForce.GTC)
    row(CommandKind.SET_STATE, group=1, market_state=MarketState.CLOSED)
    for day, price in enumerate(prices_of(future), 20_000):
        limits = {"index": BOOK, "settle_tick": price, "low_tick": price - 10, "high_tick": price + 10}
        pair.control(CommandKind.DAY_LIMITS, {"books": [limits], "by_two": True, "day": day})
    pair.compare_accounts()
    margins = [query.margin(pair.fast.engine.states, account) for account in (OWNER, OTHER)]
    assert [margin.cash_mills - MONEY for margin in margins] == [paid(future), -paid(future)]
    assert [margin.equity_mills for margin in margins] == [margin.cash_mills for margin in margins]
