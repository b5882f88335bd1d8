"""Implied trading on and off: the same commands, and prices that follow from the best prices of the legs."""

import numpy as np
import pytest

from bench.bench_implied import CHIP, DAY, Traffic, check_prices, make_rows, numbered, opened
from contracts_spec.instruments import instruments_on
from contracts_spec.load import load_spec
from contracts_spec.outrights import Instrument
from exchange.codes import CommandKind, EventKind, MarketState, TimeInForce
from exchange.engine import query
from exchange.engine.engine import Engine

TRAFFIC = Traffic(commands=400, warm=400, accounts=4)


@pytest.fixture(scope="module")
def listed() -> list[Instrument]:
    return [instrument for instrument in instruments_on(load_spec(day=DAY), DAY) if instrument.chip == CHIP]


@pytest.fixture(scope="module")
def rows(listed: list[Instrument]) -> np.ndarray:
    return make_rows(TRAFFIC, listed)


def engine_with(implied: bool, listed: list[Instrument], rows: np.ndarray) -> tuple[Engine, np.ndarray]:
    """(an engine after the rows, the events of them)."""
    engine = opened(listed, TRAFFIC, implied)
    return engine, engine.apply(numbered(engine, rows)).copy()


def test_every_order_can_be_taken_and_cancels_name_what_was_entered(rows: np.ndarray) -> None:
    new = rows[rows["kind"] == CommandKind.NEW]
    cancels = rows[rows["kind"] == CommandKind.CANCEL]
    assert len(new) + len(cancels) == len(rows) and len(cancels) > 0
    assert set(cancels["client_order_id_0"]) <= set(new["client_order_id_0"][new["tif"] == TimeInForce.GTC])
    assert set(new["account"]) == {1, 2, 3, 4} and new["lots"].min() >= 1 and new["lots"].max() <= TRAFFIC.lots_max


def test_a_venue_of_the_chip_is_open_and_funded(listed: list[Instrument]) -> None:
    engine = opened(listed, TRAFFIC, True)
    assert len(query.instruments(engine.states)) == len(listed)
    assert set(query.group_states(engine.states).values()) == {MarketState.OPEN}
    assert all(query.margin(engine.states, account).equity_mills > 0 for account in range(1, 1 + TRAFFIC.accounts))


@pytest.mark.rule("IMP-001", "IMP-011")
def test_only_connected_books_have_implied_prices_and_each_follows_from_its_legs(
    listed: list[Instrument], rows: np.ndarray
) -> None:
    engine, events = engine_with(True, listed, rows)
    assert np.count_nonzero(events["kind"] == EventKind.IMPLIED_PRICE) > 0 and check_prices(engine, listed) > 0
    engine, events = engine_with(False, listed, rows)
    assert np.count_nonzero(events["kind"] == EventKind.IMPLIED_PRICE) == check_prices(engine, listed) == 0


def test_rows_are_numbered_as_the_next_of_an_engine_and_their_source_is_kept(
    listed: list[Instrument], rows: np.ndarray
) -> None:
    engine = opened(listed, TRAFFIC, True)
    made = numbered(engine, rows[:3])
    assert made["sequence"].tolist() == [engine.sequence + 1 + place for place in range(3)]
    assert not rows["sequence"].any()
