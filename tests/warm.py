"""`python -m tests.warm`: compiles what tests run, before several processes would each compile all of it."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import SimpleNamespace
from typing import Any

from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM, VENUE


def warm_edge() -> None:
    """The kernels between sockets and rows, which are bound when a venue is made."""
    from exchange.engine.engine import Engine
    from exchange.gateway.inbound.requests import Inbound
    from exchange.gateway.margin.figures import figures_copier
    from exchange.publish.account_streams import AccountStreams
    from exchange.publish.fold.event_fold import EventFold
    from exchange.publish.instruments import InstrumentTable
    from exchange.venue.gathering import Gathering

    EventFold()
    clock: Any = None
    AccountStreams(InstrumentTable(list), 16, clock)
    port: Any = SimpleNamespace(gathering=Gathering(16))
    Inbound(port, 1)
    for limits in (MEDIUM, VENUE):
        figures_copier(Engine(limits).states.dtype)


def warm_small() -> None:
    """What many small markets run: no closes, no clearing of a day."""
    from bench.many.books import Books, flow_rows

    Books(1).step(flow_rows(1), 1)


def main() -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        jobs = [*(pool.submit(warm_up, limits) for limits in (VENUE, MEDIUM)), pool.submit(warm_edge)]
        jobs.append(pool.submit(warm_small))
        for job in jobs:
            job.result()


if __name__ == "__main__":
    main()
