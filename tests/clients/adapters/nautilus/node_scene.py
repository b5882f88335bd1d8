"""Trading nodes of NautilusTrader at a venue. Imported only where the library is installed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from nautilus_trader.config import InstrumentProviderConfig, LiveExecEngineConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.trading.strategy import Strategy

from clients.adapters.nautilus.config import GpuxDataClientConfig, GpuxExecClientConfig
from clients.adapters.nautilus.factories import GpuxLiveDataClientFactory, GpuxLiveExecClientFactory
from clients.adapters.nautilus.instruments import VENUE
from tests.clients.adapters.venue_scene import Scene
from tests.clients.scenes import SYMBOL

MONTH = InstrumentId.from_str(f"{SYMBOL}.{VENUE}")
WAIT_S = 20


class Probe(Strategy):
    """Sees all order and position events of a node and the data that it subscribes to."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []
        self.data: list[Any] = []

    def on_start(self) -> None:
        for topic in ("events.order.*", "events.position.*", "events.account.*"):
            self.msgbus.subscribe(topic, self._note)

    def _note(self, event: Any) -> None:
        self.events.append(event)

    def _take(self, data: Any) -> None:
        self.data.append(data)

    on_quote_tick = on_trade_tick = on_order_book_deltas = on_instrument = on_bar = _take

    async def until(self, reached: Callable[[], Any]) -> None:
        """Wait until a condition is true. Not all that changes in a node is an event, so it is asked each time."""
        async with asyncio.timeout(WAIT_S):
            while not reached():
                await asyncio.sleep(0)

    def names(self) -> list[str]:
        """The kinds of the order events so far."""
        return [type(event).__name__ for event in self.events if type(event).__name__.startswith("Order")]

    def last(self, kind: str) -> Any:
        return next(event for event in reversed(self.events) if type(event).__name__ == kind)


def configured(at: Scene, **execution: Any) -> TradingNodeConfig:
    """A node that loads all instruments and logs errors."""
    load = InstrumentProviderConfig(load_all=True)
    key = {"key": at.key, "secret": str(at.secret)}
    return TradingNodeConfig(
        trader_id=TraderId("TESTER-001"),
        logging=LoggingConfig(log_level="ERROR", log_colors=False),
        exec_engine=LiveExecEngineConfig(inflight_check_interval_ms=0),
        data_clients={"GPUX": GpuxDataClientConfig(url=at.url, instrument_provider=load)},
        exec_clients={"GPUX": GpuxExecClientConfig(url=at.url, instrument_provider=load, **key, **execution)},
        timeout_connection=WAIT_S,
        timeout_disconnection=WAIT_S,
        timeout_post_stop=0.1,
    )


@asynccontextmanager
async def running(at: Scene, *strategies: Strategy, **execution: Any) -> AsyncIterator[tuple[TradingNode, Probe]]:
    """A node with these strategies and a probe, once the probe has started; it stops at the end."""
    probe = Probe()
    node = TradingNode(configured(at, **execution), loop=asyncio.get_running_loop())
    node.trader.add_strategies([probe, *strategies])
    node.add_data_client_factory("GPUX", GpuxLiveDataClientFactory)
    node.add_exec_client_factory("GPUX", GpuxLiveExecClientFactory)
    node.build()
    task = asyncio.create_task(node.run_async())
    try:
        await probe.until(lambda: probe.is_running and all(one.is_running for one in strategies))
        yield node, probe
    finally:
        await node.stop_async()
        await asyncio.wait_for(task, WAIT_S)


def data_client(node: TradingNode) -> Any:
    (client,) = node.kernel.data_engine._clients.values()
    return client


def execution_client(node: TradingNode) -> Any:
    (client,) = node.kernel.exec_engine._clients.values()
    return client


def net_lots(node: TradingNode) -> dict[str, int]:
    """Net positions of a node by instrument."""
    found: dict[str, int] = {}
    for position in node.cache.positions_open():
        name = position.instrument_id.symbol.value
        found[name] = found.get(name, 0) + int(position.signed_qty)
    return {name: lots for name, lots in found.items() if lots}


async def venue_lots(node: TradingNode) -> dict[str, int]:
    """Positions of the node's account at the venue, by symbol."""
    client = execution_client(node)
    held = await client._session.positions()
    return {client._session.core.feeds.instruments[one.instrument].symbol: one.lots for one in held if one.lots}
