"""All flows by name: those that `flow` generates without an engine, and the models that run against one.

`mixed`, `churn`, `passive` and `sweep` are for speed: they fill the engine with work and resemble a real flow in few
respects. The models are for research.
"""

from collections.abc import Callable
from dataclasses import replace

from bench.flows.flow import FLOWS
from bench.flows.hawkes import hawkes
from bench.flows.market.process import compute_market
from bench.flows.queue_reactive import queue_reactive
from bench.flows.stepping import Process, run_process
from bench.flows.zero_intelligence import zero_intelligence
from bench.tapes.tape import Tape

MODELS: dict[str, Callable[[int], Process]] = {
    "zero-intelligence": zero_intelligence,
    "hawkes": hawkes,
    "queue-reactive": queue_reactive,
    "compute-market": compute_market,
}
FLOW_NAMES = (*FLOWS, *MODELS)
COMMANDS = 500_000  # of a model, if the caller names no number


def model_tape(name: str, seed: int, commands: int | None = None) -> Tape:
    """A tape of one of MODELS with its default parameters, and its final state hash. Same arguments, same bytes."""
    process = MODELS[name](seed)
    process = replace(process, notes={"flow": name, "seed": seed} | process.notes)
    return run_process(process, COMMANDS if commands is None else commands)
