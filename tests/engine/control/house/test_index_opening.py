"""The indices with which a new venue opens."""

from datetime import date

import msgspec
import pytest

from contracts_spec.instruments import instruments_on, with_legs
from contracts_spec.load import load_spec
from exchange.clearing_codes import IndexHow
from exchange.codes import CommandKind
from exchange.conformance.venues import EngineVenue
from exchange.engine.control.checks import ControlError
from exchange.engine.control.house.index_opening import opening_payload
from exchange.engine.index_values import find_index, last_tick, value_of
from exchange.units import NS_PER_DAY

DAY = date(2026, 11, 23)
TAKEN = 20_779


@pytest.mark.rule("INDEX-001", "INDEX-002")
def test_each_chip_with_index_contracts_has_one_that_began_at_its_seed_price() -> None:
    spec = load_spec(None, DAY)
    payload = opening_payload(instruments_on(spec, DAY), spec, TAKEN)
    assert payload is not None
    seeds = {chip.code: chip.seed_mills for chip in spec.listed_chips}
    found = {(one.group, one.floor_bp): (one.tick, one.external) for one in payload.opened}
    assert found == {(code, 9_000): (tick, False) for code, tick in seeds.items()}
    venue = EngineVenue()
    venue.control(CommandKind.INDEX, msgspec.to_builtins(payload))
    state = venue.engine.states[0]
    index = find_index(state, spec.chip("H100").code, 9_000)
    for day in (TAKEN, TAKEN - 60):
        assert value_of(state, index, day) == (day, 2_810, IndexHow.PRINT)
    assert value_of(state, index, TAKEN + 1) is None, "noon takes it next"
    venue.control(CommandKind.INDEX, {"take_day": TAKEN + 1})
    assert value_of(state, index, TAKEN + 1) == (TAKEN + 1, 2_810, IndexHow.PRINT)
    assert last_tick(state, index, TAKEN + 9) == 2_810
    given = {"prints": [{"index": index, "day": TAKEN + 2, "tick": 2_800}], "now_ns": 2 * TAKEN * NS_PER_DAY}
    with pytest.raises(ControlError, match="SOURCE"):
        venue.control(CommandKind.INDEX, given)


@pytest.mark.rule("INDEX-002")
def test_another_source_is_external_and_a_venue_without_index_contracts_opens_none() -> None:
    spec = load_spec(None, DAY)
    products = [
        msgspec.structs.replace(one, index_source="SILICON") if one.family == "IDX" else one
        for one in spec.products.product
    ]
    other = msgspec.structs.replace(spec, products=msgspec.structs.replace(spec.products, product=tuple(products)))
    payload = opening_payload(with_legs(instruments_on(spec, DAY), ["A100.G90.F27/I"]), other, TAKEN)
    assert payload is not None and [(one.group, one.external) for one in payload.opened] == [(1, True)]
    assert opening_payload(with_legs(instruments_on(spec, DAY), ["H100.G90.F27"]), spec, TAKEN) is None
