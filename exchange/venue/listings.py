"""What the gateway knows of instruments: the book of an instrument id, the product group of a chip.

The dictionaries are updated in place and never replaced: the gateway holds them and looks up each order.
"""

from collections.abc import Mapping

import numpy as np

from contracts_spec.schema import Spec
from exchange.clearing_codes import Life
from exchange.codes import EventKind
from exchange.engine import query
from exchange.engine.query import InstrumentRow
from exchange.gateway.translate import ListedInstrument
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.instruments import ChipTerms, InstrumentTable

LOWEST_TICK = -(2**31) + 1
_CHANGES = {int(EventKind.INSTRUMENT_LISTED), int(EventKind.INSTRUMENT_ENDED)}


class Listings:
    """Follows the controls of one venue that list, change and end instruments. It is the first consumer: the others
    look up here."""

    def __init__(self, states: np.ndarray, chips: Mapping[str, ChipTerms] | None = None) -> None:
        """`states`: the engine's STATE; `chips`: terms by chip."""
        self.table = InstrumentTable(lambda: query.known_instruments(states), chips)
        self.instruments: dict[int, ListedInstrument] = {}  # by instrument id
        self.groups = self.table.groups  # by chip
        self.number = 0  # rises with every change
        self._refresh()

    def take(self, batch: ReleasedBatch) -> None:
        if batch.is_control and not _CHANGES.isdisjoint(batch.kinds):
            self._refresh()

    def _refresh(self) -> None:
        self.number += 1
        self.table.refresh()
        known = [row for row in self.table.rows if row is not None and _is_known(row)]
        for instrument_id in self.instruments.keys() - {row.instrument_id for row in known}:
            del self.instruments[instrument_id]
        for row in known:
            low_tick = LOWEST_TICK if row.combo else 1
            self.instruments[row.instrument_id] = ListedInstrument(row.index, low_tick, row.revision, row.group)


def _is_known(row: InstrumentRow) -> bool:
    """Whether an instrument can be named: it is listed, or it was an outright. The engine refuses an order for such a
    one for the state of its book; of a combination that has ended nothing is left."""
    return row.life == Life.LISTED or not row.combo


def chip_terms(spec: Spec) -> dict[str, ChipTerms]:
    """Terms of each listed chip that the engine does not keep."""
    return {
        chip.name: ChipTerms(
            chip.unit_lots or 1, chip.ref_tenths or 0, chip.ref_provisional, spec.margin.delivery_addon_bp
        )
        for chip in spec.listed_chips
    }  # fmt: skip
