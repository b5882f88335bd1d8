"""Initial margin of one bought lot, for `gpux contracts`. Margin of accounts: `formulas.margin`."""

from collections.abc import Mapping

from contracts_spec.formulas.margin import MarginParts, MarginTerms, initial_margin
from contracts_spec.outrights import Instrument
from contracts_spec.schema import Spec
from contracts_spec.symbols import OutrightName, parse_symbol


def lot_margin(spec: Spec, instrument: Instrument, by_id: Mapping[int, Instrument]) -> MarginParts:
    """Margin of one bought lot; for a combination, of its legs (MARGIN-001). `by_id`: outrights."""
    legs = instrument.legs or [(instrument.id, 1)]
    scan_ranges = {chip.name: chip.psr_mills for chip in spec.listed_chips if chip.psr_mills is not None}
    positions = {_name(by_id[leg]): lots for leg, lots in legs}
    return initial_margin(positions, MarginTerms(spec.margin, scan_ranges))


def _name(outright: Instrument) -> OutrightName:
    name = parse_symbol(outright.symbol)
    assert isinstance(name, OutrightName), f"{outright.symbol} is a combination"
    return name
