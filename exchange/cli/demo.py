"""`gpux demo`: runs a venue with its clients and checks it (`exchange.demo`)."""

import sys


def demo(*, seconds: float = 60.0, seed: int = 1, json: bool = False, folder: str = "") -> None:
    """Run a venue with makers and takers over websockets, then check its results. Exit code 1 if a check fails.

    Args:
        seconds: How long to trade.
        seed: Seed of the takers' decisions.
        json: Print the result as JSON.
        folder: Keep the venue's data in this new folder; without it, they are deleted.
    """
    from exchange.demo.run import demo as run_demo

    sys.exit(run_demo(seconds, seed, json, folder))
