"""The compute market: realism of its busiest books, both sides, halts that end, and the same bytes again."""

import numpy as np
import pytest

from bench.flows.market.layout import BOOKS, FIRST_AGENT, FIRST_PASSIVE
from bench.flows.market.process import compute_market
from bench.flows.notes import CANCEL, LIMIT, MARKET, MOVE, note_tape
from bench.flows.questions import REALISM_COMMANDS, SEEDS, realism
from bench.flows.realism import BOUNDS, figures, memory_exponent, outside, trades_of
from bench.flows.stepping import opening_of, run_process, run_steps
from bench.replay import replay_tape
from bench.tapes.market import engine_at
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, MarketState
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.limits import NAMED

COMMANDS = 200_000


def front_books(tape: Tape) -> list[int]:
    """Books of the front months: instruments are listed in order of id, so by floor within a chip."""
    listed = query.instruments(engine_at(tape, tape.resting_rows).states)
    return [row.index for row in listed if row.symbol.endswith("G90.F27")]


@pytest.fixture(scope="module")
def tape() -> Tape:
    return run_process(compute_market(1), COMMANDS)


@pytest.fixture(scope="module")
def notes(tape: Tape) -> np.ndarray:
    return note_tape(tape)


def test_nothing_is_refused_and_a_replay_gives_the_state(tape: Tape) -> None:
    summary = replay_tape(tape, Engine(NAMED[tape.limits]), lambda count: None)
    assert (summary.state_hash, dict(summary.refused)) == (tape.state_hash, {})


def test_front_months_stay_within_the_bounds_of_the_papers(tape: Tape, notes: np.ndarray) -> None:
    """Over 20 trades: the error of a ratio over q of n trades is the root of 4 q / 3 n, here 0.07; 1,000 need more."""
    for book in front_books(tape):
        found = figures(trades_of(notes, book), ratio_trades=20)
        found.pop("sign memory")
        assert not outside(found), f"book {book}: {found}"


def test_signs_have_long_memory_in_all_books_together(notes: np.ndarray) -> None:
    """One book has a few thousand trades here, so the autocorrelation is that of all books one after the other."""
    signs = np.concatenate([trades_of(notes, book).signs for book in range(1, 1 + BOOKS)])
    low, high = BOUNDS["sign memory"]
    assert low <= memory_exponent(signs, 100) <= high
    shuffled = np.random.default_rng(1).permutation(signs)
    assert not low <= memory_exponent(shuffled, 100) <= high, "the figure can fail"


@pytest.mark.long
def test_long_runs_stay_within_the_bounds_on_average() -> None:
    for symbol, found in realism(REALISM_COMMANDS, SEEDS).items():
        assert not outside(found), f"{symbol}: {found}"


def test_every_kind_of_participant_acts_in_every_book(tape: Tape, notes: np.ndarray) -> None:
    rows = tape.commands[tape.resting_rows :]
    books = np.arange(1, 1 + BOOKS)
    for kind, of_kind in (
        (MARKET, rows["account"] >= FIRST_AGENT),
        (LIMIT, (rows["account"] >= FIRST_PASSIVE) & (rows["account"] < FIRST_AGENT)),
        (MOVE, rows["account"] < FIRST_PASSIVE),
        (CANCEL, (rows["account"] >= FIRST_PASSIVE) & (rows["account"] < FIRST_AGENT)),
    ):
        acted = np.unique(notes["instrument"][of_kind & (notes["kind"] == kind)])
        assert np.array_equal(acted, books), kind
    assert len(np.unique(rows["account"][rows["account"] >= FIRST_AGENT])) > 20


def test_the_curve_stays_backwardated(tape: Tape) -> None:
    engine = engine_at(tape, len(tape.commands))
    listed = {row.symbol: row.index for row in query.instruments(engine.states)}
    for chip in ("H100", "B200"):
        mids = []
        for period in ("G90.F27", "G90.C27", "G90.T3-27"):
            bids, asks = query.depth(engine.states, listed[f"{chip}.{period}"], 1)
            mids.append((bids[0][0] + asks[0][0]) / 2)
        assert mids == sorted(mids, reverse=True)


def test_a_book_that_a_guard_has_stopped_opens_again() -> None:
    """With ten times the impact of a trade, velocity windows are breached again and again."""
    process = compute_market(3)
    process.worlds["books"]["impact"] *= 10
    opening = opening_of(process)
    engine = engine_at(opening, len(opening.commands))
    rows = run_steps(process, engine, 30_000)
    opened = rows[(rows["kind"] == CommandKind.SET_STATE)]
    assert len(opened) > 3
    states = [query.market_state(engine.states, book) for book in range(1, 1 + BOOKS)]
    assert states.count(MarketState.OPEN) >= BOOKS - 3
