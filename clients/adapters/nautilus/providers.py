"""The venue's instruments for a trading node."""

import time
from typing import Any

from nautilus_trader.common.providers import InstrumentProvider
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from clients.adapters.nautilus.instruments import instrument_id, instrument_of
from clients.client import Session
from exchange.wire.messages import InstrumentDefinition


class GpuxInstrumentProvider(InstrumentProvider):
    """Loads instruments through a session. Filters: `chip`, `family`, `symbols` of the venue."""

    def __init__(self, session: Session, config: Any = None) -> None:
        super().__init__(config=config)
        self._session = session
        self._definitions: dict[InstrumentId, InstrumentDefinition] = {}
        self._ids: dict[int, InstrumentId] = {}

    async def load_all_async(self, filters: dict[str, Any] | None = None) -> None:
        await self._session.instruments()
        self.update(filters)

    async def load_ids_async(self, instrument_ids: list[InstrumentId], filters: dict[str, Any] | None = None) -> None:
        await self._session.instruments()
        self.update(filters, set(instrument_ids))
        for name in instrument_ids:
            if self.find(name) is None:
                self._log.error(f"The venue lists no instrument {name}")

    async def load_async(self, instrument_id: InstrumentId, filters: dict[str, Any] | None = None) -> None:
        await self.load_ids_async([instrument_id], filters)

    async def learn(self) -> None:
        """Learn which instruments there are, without loading any that the configuration does not ask for."""
        listed = (await self._session.instruments()).values()
        self._learn([one for one in listed if not one.life])
        await self.initialize()

    def update(self, filters: dict[str, Any] | None = None, wanted: set[InstrumentId] | None = None) -> None:
        """Load the listed instruments that pass the filters, all or only the wanted ones."""
        now_ns = time.time_ns()
        listed = [one for one in self._session.core.feeds.instruments.values() if not one.life]
        self._learn(listed)
        for definition in listed:
            name = self._ids.get(definition.instrument)
            if name is not None and (wanted is None or name in wanted) and _passes(definition, filters or {}):
                self.add(instrument_of(definition, name, now_ns))

    def redefine(self, definition: InstrumentDefinition) -> Instrument | None:
        """Take a changed definition; returns the instrument if it is loaded."""
        self._learn([definition])
        name = self._ids.get(definition.instrument)
        if name is None or self.find(name) is None:
            return None
        instrument = instrument_of(definition, name, time.time_ns())
        self.add(instrument)
        return instrument

    def definition(self, name: InstrumentId) -> InstrumentDefinition:
        """What the venue says of an instrument. ValueError: it lists none under this id."""
        if name not in self._definitions:
            raise ValueError(f"the venue lists no instrument {name}")
        return self._definitions[name]

    def id_of(self, number: int) -> InstrumentId | None:
        """The id of an instrument by its number on the wire."""
        return self._ids.get(number)

    def _learn(self, definitions: list[InstrumentDefinition]) -> None:
        by_number = self._session.core.feeds.instruments
        for definition in definitions:
            if all(leg in by_number for leg, _ in definition.legs or ()):
                name = instrument_id(definition, by_number)
                self._definitions[name], self._ids[definition.instrument] = definition, name


def _passes(definition: InstrumentDefinition, filters: dict[str, Any]) -> bool:
    return (
        filters.get("chip", definition.chip) == definition.chip
        and filters.get("family", definition.family) == definition.family
        and ("symbols" not in filters or definition.symbol in filters["symbols"])
    )
