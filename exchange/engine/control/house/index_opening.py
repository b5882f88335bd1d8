"""The daily indices of a catalogue, as the INDEX payload that opens them on a new venue (INDEX-001, INDEX-002)."""

from collections.abc import Iterable

from contracts_spec.outrights import BENCHMARK_BP, Instrument
from contracts_spec.schema import Spec
from exchange.codes import Family
from exchange.engine.control.house.index import IndexPayload, IndexTerms

CDP_SOURCE = "CDP"


def opening_payload(instruments: Iterable[Instrument], spec: Spec, taken_day: int) -> IndexPayload | None:
    """The payload that opens an index for each chip and tier that has index contracts; None: there is none.

    Every day before had the chip's seed price, scaled by tier.

    taken_day  last day whose value counts as taken, days since 1970; the day after it counts as printed
    """
    grades = sorted({(one.chip_code, one.floor_bp) for one in instruments if one.family == Family.IDX})
    seeds = {chip.code: chip.seed_mills or 1 for chip in spec.listed_chips}
    external = spec.product("IDX").index_source != CDP_SOURCE
    opened = [
        IndexTerms(
            number, code, floor_bp, external, max(1, seeds[code] * floor_bp // BENCHMARK_BP), taken_day, taken_day + 1
        )
        for number, (code, floor_bp) in enumerate(grades, 1)
    ]
    return IndexPayload(opened=opened) if opened else None
