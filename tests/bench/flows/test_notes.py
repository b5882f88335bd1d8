"""Notes of a tape against its events and the depth before each command."""

import numpy as np

from bench.flows.book_steps import BOOK
from bench.flows.flow import FLOWS, make_flow
from bench.flows.hawkes import hawkes
from bench.flows.notes import CANCEL, LIMIT, MARKET, MOVE, NONE, note_tape
from bench.flows.stepping import run_process
from bench.tapes.market import engine_at, flow_market, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, EventKind, Liquidity
from exchange.engine import query


def slow_notes(tape: Tape) -> list[tuple[int, int, int, int]]:
    """(kind, bid, ask, traded lots) of each command, by the engine's answers one by one."""
    engine = engine_at(tape, tape.resting_rows)
    rows, found = tape.commands[tape.resting_rows :], []
    for index in range(len(rows)):
        bids, asks = query.depth(engine.states, BOOK, 1)
        events = engine.apply(rows[index : index + 1])
        taken = events[(events["kind"] == EventKind.FILL) & (events["liquidity"] == Liquidity.TAKER)]
        kinds = {int(kind) for kind in events["kind"]}
        kind = MARKET if len(taken) else NONE
        if kind == NONE:
            for event, name in (
                (EventKind.ORDER_ACCEPTED, LIMIT),
                (EventKind.ORDER_REPLACED, MOVE),
                (EventKind.ORDER_CANCELLED, CANCEL),
            ):
                if event in kinds:
                    kind = name
                    break
        found.append((kind, bids[0][0] if bids else 0, asks[0][0] if asks else 0, int(taken["lots"].sum())))
    return found


def noted(tape: Tape) -> list[tuple[int, int, int, int]]:
    rows = note_tape(tape)
    return [tuple(row) for row in rows[["kind", "bid", "ask", "traded_lots"]].tolist()]


def test_notes_are_those_of_the_engine_asked_one_by_one() -> None:
    tape = run_process(hawkes(6), 700)
    assert noted(tape) == slow_notes(tape)


def test_replaces_are_moves_and_names_find_orders() -> None:
    """`mixed` has replaces, and names its orders by client order id."""
    flow = make_flow(FLOWS["mixed"].__class__("mixed", 600, 52, 38, 5, 5, warm_orders=200, accounts=8))
    tape = market_tape(flow_market(flow), [flow.warm, flow.commands], limits="medium")
    rows = note_tape(tape)
    assert noted(tape) == slow_notes(tape)
    replaces = tape.commands[tape.resting_rows :]["kind"] == CommandKind.REPLACE
    assert np.count_nonzero(rows["kind"] == MOVE) == np.count_nonzero(replaces) > 10
    assert np.all(rows["instrument"] == BOOK) and np.all(rows["side"][rows["kind"] == CANCEL] <= 1)
