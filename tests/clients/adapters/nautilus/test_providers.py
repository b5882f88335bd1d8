"""The instruments that a node loads."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from tests.clients.adapters.definitions import F27, G27, SPREAD
from tests.clients.adapters.venue_scene import needs

pytestmark = needs("nautilus")


def provider(*listed: Any, **config: Any) -> Any:
    from nautilus_trader.config import InstrumentProviderConfig

    from clients.adapters.nautilus.providers import GpuxInstrumentProvider

    async def instruments() -> dict[str, Any]:
        return {one.symbol: one for one in listed}

    feeds = SimpleNamespace(instruments={one.instrument: one for one in listed})
    session: Any = SimpleNamespace(instruments=instruments, core=SimpleNamespace(feeds=feeds))
    made = GpuxInstrumentProvider(session, InstrumentProviderConfig(**config))
    asyncio.run(made.learn())
    return made


def names(made: Any) -> set[str]:
    return {one.raw_symbol.value for one in made.list_all()}


def test_only_what_the_configuration_asks_for_is_loaded() -> None:
    from nautilus_trader.model.identifiers import InstrumentId

    assert names(provider(F27, G27, SPREAD)) == set()
    assert names(provider(F27, G27, SPREAD, load_all=True)) == {F27.symbol, G27.symbol, SPREAD.symbol}
    assert names(provider(F27, G27, load_all=True, filters={"symbols": [G27.symbol]})) == {G27.symbol}
    assert names(provider(F27, load_all=True, filters={"chip": "B200"})) == set()
    wanted = frozenset([InstrumentId.from_str(f"{F27.symbol}.GPUX")])
    assert names(provider(F27, G27, load_ids=wanted)) == {F27.symbol}


def test_numbers_have_ids_even_if_they_are_not_loaded() -> None:
    made = provider(F27, G27)
    name = made.id_of(F27.instrument)
    assert made.definition(name) is F27 and made.id_of(5) is None
    with pytest.raises(ValueError, match="lists no instrument"):
        made.definition(type(name).from_str("B200.G90.F27.GPUX"))


def test_an_expired_instrument_and_a_spread_without_its_legs_are_left_out() -> None:
    assert names(provider(replace(F27, life="expired"), G27, load_all=True)) == {G27.symbol}
    assert names(provider(F27, SPREAD, load_all=True)) == {F27.symbol}


def test_a_changed_definition_replaces_a_loaded_instrument() -> None:
    made = provider(F27, G27, load_all=True, filters={"symbols": [F27.symbol]})
    assert made.redefine(replace(F27, minimum_increment=5)).price_increment.as_double() == 0.005
    assert made.find(made.id_of(F27.instrument)).price_increment.as_double() == 0.005
    assert made.redefine(G27) is None
