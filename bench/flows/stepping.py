"""Runs an order-flow model against an engine: the model sees the engine's book, and its orders go into that engine.

A model is a compiled function that is called again and again. It reads the state and the event buffer of the engine in
place and writes the next COMMAND rows; then the engine runs them. So a model needs no book of its own, and what it sees
is what a replay of its rows gives. The result is a tape with the engine's final state hash.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.tapes.market import PlainMarket, engine_at, fitting_limits, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, TimeInForce
from exchange.engine.apply import apply_commands
from exchange.engine.engine import Engine, blank_commands
from exchange.kernel import bind, source_hash
from exchange.records import COMMAND

STEP_ROWS = 512  # most rows that one step of a model writes


@dataclass(frozen=True)
class Process:
    """A model that is ready to run.

    market   books and accounts; its opening comes first
    warm     COMMAND rows that fill the books, with times
    worlds   parameters and state of the model, shape (1,), changed in place; `time_ns` is its clock
    decide   kernel (states, outs, worlds, rows, index) that writes 1 to STEP_ROWS rows from `index` on and returns
             their number. It sees the events of the step before in `outs`
    watch    kernel (outs, worlds) for events of an event buffer that is full before a step ends; None: not needed
    orders   most orders that rest at once
    notes    about the source, for the tape
    """

    market: PlainMarket
    warm: np.ndarray
    worlds: np.ndarray
    decide: Any
    watch: Any = None
    orders: int = 1_000
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def limits(self) -> str:
        """Name of the smallest state size with space for the market and the orders that rest at once."""
        resting = np.zeros(1, COMMAND)
        resting["kind"], resting["tif"] = CommandKind.NEW, TimeInForce.GTC
        return fitting_limits(self.market, np.broadcast_to(resting, self.orders))


def run_process(process: Process, commands: int) -> Tape:
    """Run a model for `commands` rows after its opening and warm rows. Returns the tape with its final state hash."""
    opening = opening_of(process)
    engine = engine_at(opening, len(opening.commands))
    rows = run_steps(process, engine, commands)
    whole = np.concatenate([opening.commands, rows])
    state_hash = engine.state_hash().hex()
    return Tape(
        whole,
        opening.controls,
        opening.limits,
        "bench",
        source_hash(),
        state_hash,
        len(opening.commands),
        process.notes,
    )


def opening_of(process: Process) -> Tape:
    """The tape before the first step of a model. It begins at the time of the model's clock."""
    opening = market_tape(process.market, [process.warm], process.notes, process.limits)
    start_ns = process.worlds["time_ns"][0]
    opening.commands["time_ns"] = start_ns
    for control in opening.controls:
        control.row["time_ns"] = start_ns
    return opening


def run_steps(process: Process, engine: Engine, commands: int) -> np.ndarray:
    """Step the model and the engine in turn. Returns the COMMAND rows, shape (commands,).

    Each step is two compiled calls. The engine is called as `Engine.run_silently` calls it, without copies of events.
    """
    rows = blank_commands(commands + STEP_ROWS)
    rows["sequence"] = engine.sequence + 1 + np.arange(len(rows))
    states, outs, worlds = engine.states, engine.outs, process.worlds
    decide = bind(process.decide, states, outs, worlds, rows, 0)
    watch = None if process.watch is None else bind(process.watch, outs, worlds)
    apply = bind(apply_commands, states, rows, 0, 0, outs)
    step = states["cursor"]["step"].data
    index = 0
    while index < commands:
        stop = min(index + decide(states, outs, worlds, rows, index), commands)
        index = apply(states, rows, index, stop, outs)
        while index != stop or step[0]:
            if watch is not None:
                watch(outs, worlds)
            index = apply(states, rows, index, stop, outs)
    return rows[:commands]
