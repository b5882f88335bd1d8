"""What the gateway knows of instruments: the book of an instrument id, the product group of a chip.

The dictionaries are updated in place and never replaced: the gateway holds them and looks up each order.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from contracts_spec.business_days import BusinessDays
from contracts_spec.periods import day_number, day_of
from contracts_spec.schema import Spec
from exchange.clearing_codes import Life
from exchange.codes import EventKind
from exchange.engine import query
from exchange.engine.query import InstrumentRow
from exchange.gateway.translate import ListedInstrument
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.instruments import ChipTerms, InstrumentTable

LOWEST_TICK = -(2**31) + 1
_KINDS = (int(EventKind.INSTRUMENT_LISTED), int(EventKind.INSTRUMENT_ENDED))
_CHANGES = {*_KINDS}


class Listings:
    """Follows the controls of one venue that list, change and end instruments. It is the first consumer: the others
    look up here."""

    def __init__(self, states: np.ndarray, chips: Mapping[str, ChipTerms] | None = None) -> None:
        """`states`: the engine's STATE; `chips`: terms by chip."""
        self._states = states
        self.table = InstrumentTable(lambda: query.known_instruments(states), chips)
        self.instruments: dict[int, ListedInstrument] = {}  # by instrument id
        self.groups = self.table.groups  # by chip
        self.number = 1  # rises with every change
        self.table.refresh()
        self._note(row for row in self.table.rows if row is not None)

    def take(self, batch: ReleasedBatch) -> None:
        if batch.is_control and not _CHANGES.isdisjoint(batch.kinds):
            changed = np.unique(batch.events["instrument"][np.isin(batch.events["kind"], _KINDS)]).astype(np.int64)
            self._change(changed, batch.last)

    def _change(self, changed: np.ndarray, sequence: int) -> None:
        """Read the instruments of these books again."""
        self.number += 1
        for index in changed[changed < len(self.table.rows)].tolist():
            known = self.instruments.get(self.table.ids[index])
            if known is not None and known.index == index:
                del self.instruments[self.table.ids[index]]
        rows = query.instruments_of(self._states, changed)
        self.table.update(rows, sequence)
        self._note(rows)

    def _note(self, rows: Iterable[InstrumentRow]) -> None:
        for row in rows:
            if _is_known(row):
                low_tick = LOWEST_TICK if row.combo else 1
                self.instruments[row.instrument_id] = ListedInstrument(row.index, low_tick, row.revision, row.group)


def _is_known(row: InstrumentRow) -> bool:
    """Whether an instrument can be named: it is listed, or it was an outright. The engine refuses an order for such a
    one for the state of its book; of a combination that has ended nothing is left."""
    return row.life == Life.LISTED or not row.combo


def chip_terms(spec: Spec) -> dict[str, ChipTerms]:
    """Terms of each listed chip that the engine does not keep."""
    days, addon_days = BusinessDays(spec.calendar), spec.margin.delivery_addon_business_days

    def addon_from(ltd_day: int) -> int:
        return day_number(days.before(day_of(ltd_day), addon_days)) + 1

    return {
        chip.name: ChipTerms(
            chip.unit_lots or 1, chip.ref_tenths or 0, chip.ref_provisional, spec.margin.delivery_addon_bp, addon_from
        )
        for chip in spec.listed_chips
    }  # fmt: skip
