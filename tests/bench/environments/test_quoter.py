"""What a quoter asks for: examples that a trader can read."""

import pytest

from bench.environments.quoter import Quoter
from bench.environments.sources import FlowSource, add_accounts
from bench.environments.terms import QuoteTerms
from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.engine import Engine


@pytest.fixture
def quoted() -> tuple[Engine, Quoter]:
    engine = FlowSource("mixed", 100).open(1)
    return engine, Quoter(QuoteTerms(position_max=6), engine, add_accounts(engine, 1)[0], 1)


def kinds(engine: Engine, quoter: Quoter, action: list[int]) -> list[int]:
    rows = quoter.rows(engine, action)
    engine.run_silently(rows)
    return rows["kind"].tolist()  # type: ignore[no-any-return]


def test_quotes_lie_on_both_sides_of_the_mid_price(quoted: tuple[Engine, Quoter]) -> None:
    engine, quoter = quoted
    assert kinds(engine, quoter, [3, 4, 5, 6]) == [CommandKind.NEW, CommandKind.NEW]
    bid, ask = quoter.orders(engine)
    assert bid is not None and ask is not None
    assert bid.price == (quoter.mid2 - 6) // 2 and ask.price == -(-(quoter.mid2 + 8) // 2)
    assert (bid.leaves_lots, ask.leaves_lots) == (5, 6)


def test_an_order_at_its_price_keeps_its_place_and_only_shrinks(quoted: tuple[Engine, Quoter]) -> None:
    engine, quoter = quoted
    kinds(engine, quoter, [3, 4, 4, 0])
    assert kinds(engine, quoter, [3, 4, 6, 0]) == []
    assert kinds(engine, quoter, [3, 4, 2, 0]) == [CommandKind.REPLACE]
    assert kinds(engine, quoter, [2, 4, 2, 0]) == [CommandKind.CANCEL, CommandKind.NEW]
    assert kinds(engine, quoter, [2, 4, 0, 0]) == [CommandKind.CANCEL]
    assert quoter.orders(engine) == [None, None]


def test_bid_and_ask_at_the_mid_price_do_not_meet(quoted: tuple[Engine, Quoter]) -> None:
    engine, quoter = quoted
    for mid2 in range(quoter.mid2 - 8, quoter.mid2 + 9):
        quoter.mid2 = mid2
        kinds(engine, quoter, [0, 0, 1, 1])
        bid, ask = quoter.orders(engine)
        assert bid is not None and ask is not None and bid.price < ask.price
    quoter.observe(engine)
    assert quoter.position_lots == 0


def test_the_levels_that_it_sees_are_those_of_others(quoted: tuple[Engine, Quoter]) -> None:
    engine, quoter = quoted
    before = quoter.observe(engine)
    kinds(engine, quoter, [0, 0, 6, 6])
    after = quoter.observe(engine)
    first = 4 * quoter.terms.levels + 3
    assert after[:first] == before[:first]
    assert before[first:] == [0] * 6 and after[first + 1] == after[first + 4] == 6


def test_a_take_buys_at_once_up_to_the_largest_position(quoted: tuple[Engine, Quoter]) -> None:
    engine, quoter = quoted
    positions = []
    for lots in (100, 1, -100):
        engine.run_silently(quoter.take(engine, lots))
        quoter.observe(engine)
        positions.append(quoter.position_lots)
    assert positions == [6, 6, -6]
    assert len(quoter.take(engine, -1)) == 0


def test_equity_is_cash_and_the_position_at_the_mid_price(quoted: tuple[Engine, Quoter]) -> None:
    engine, quoter = quoted
    before = quoter.equity2
    _, asks = query.depth(engine.states, 1, 1)
    engine.run_silently(quoter.take(engine, 1))
    quoter.observe(engine)
    paid, fee, hours = asks[0][0], 3, 744
    assert quoter.equity2 - before == (quoter.mid2 - 2 * paid - 2 * fee) * hours
    assert quoter.gain_dollars == (quoter.mid2 - 2 * paid - 2 * fee) * hours / 2_000
    assert quoter.reward(before) == quoter.gain_dollars - quoter.terms.penalty
