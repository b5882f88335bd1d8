"""A small flow in a state of size `medium`, for tests of the research bench."""

from dataclasses import replace

from bench.flows.flow import FLOWS, make_flow
from bench.tapes.market import flow_market, market_tape
from bench.tapes.tape import Tape


def small_flow(commands: int = 1_000, seed: int = 1) -> Tape:
    """The flow `mixed` with 300 resting orders of 6 accounts."""
    flow = make_flow(replace(FLOWS["mixed"], commands=commands, warm_orders=300, accounts=6, seed=seed))
    return market_tape(flow_market(flow), [flow.warm, flow.commands], {"fills": flow.fills}, "medium")
