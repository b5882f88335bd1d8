"""Makes the clients of a trading node from their configurations."""

from typing import Any

from nautilus_trader.live.factories import LiveDataClientFactory, LiveExecClientFactory

from clients.adapters.access import new_session
from clients.adapters.nautilus.config import GpuxDataClientConfig, GpuxExecClientConfig
from clients.adapters.nautilus.data import GpuxDataClient
from clients.adapters.nautilus.execution import GpuxExecutionClient
from clients.adapters.nautilus.providers import GpuxInstrumentProvider


class GpuxLiveDataClientFactory(LiveDataClientFactory):
    """Makes the data client."""

    @staticmethod
    def create(
        loop: Any, name: str | None, config: GpuxDataClientConfig, msgbus: Any, cache: Any, clock: Any
    ) -> GpuxDataClient:
        session = new_session(config.url, config.key, config.secret, cancel_on_disconnect=True)
        provider = GpuxInstrumentProvider(session, config.instrument_provider)
        return GpuxDataClient(loop, name, config, msgbus, cache, clock, session, provider)


class GpuxLiveExecClientFactory(LiveExecClientFactory):
    """Makes the execution client. ValueError, OSError: the secret cannot be read."""

    @staticmethod
    def create(
        loop: Any, name: str | None, config: GpuxExecClientConfig, msgbus: Any, cache: Any, clock: Any
    ) -> GpuxExecutionClient:
        if not config.key or not config.secret:
            raise ValueError("GpuxExecClientConfig needs key, the id of a key, and secret, the path of its PEM file")
        session = new_session(config.url, config.key, config.secret, config.cancel_on_disconnect)
        provider = GpuxInstrumentProvider(session, config.instrument_provider)
        return GpuxExecutionClient(loop, name, config, msgbus, cache, clock, session, provider)
