"""`python -m tests.warm`: compiles what tests run, before several processes would each compile all of it."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from exchange.engine.warmup import warm_up
from exchange.limits import TEST, VENUE


def main() -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        list(pool.map(warm_up, (TEST, VENUE)))


if __name__ == "__main__":
    main()
