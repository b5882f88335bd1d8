"""Measurement and research; README.md lists the files.

`from bench import Replay, Market` is the door for research (`bench.research`); it is opened when it is first used.
Importing `bench` imports `exchange` first, because that sets the limits of the websockets library (SEC-030).
"""

from typing import TYPE_CHECKING, Any

import exchange  # noqa: F401

if TYPE_CHECKING:
    from bench.research.latency import Latency
    from bench.research.market import Market
    from bench.research.replay import Replay

__all__ = ["Latency", "Market", "Replay"]


def __getattr__(name: str) -> Any:
    """The public classes. The engine is imported with them, which takes a second."""
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"bench.research.{name.lower()}"), name)
