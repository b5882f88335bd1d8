"""Subscriptions to the channels of all instruments of a chip, or of all chips, in one row of `sub` (MDATA-023).

    wide = WideChannel(number, "H100")       # EVERY_CHIP: all instruments
    wide.instruments(table)                  # those listed now

A wide channel has no data of its own: each instrument has the same channel as for a subscription to it alone, so the
frames are shared (MDATA-003). Its messages, `channels`, are made by the gateway: they say which channels came or went.
"""

from exchange.publish.instruments import InstrumentTable


def books_of(table: InstrumentTable, chip: str) -> list[int]:
    """The books of the listed instruments of a chip, or of all, in order of index."""
    return table.books_by_chip.get(chip, [])


class WideChannel:
    """The instruments that one row names."""

    sequence = 0  # messages are numbered for each connection

    def __init__(self, number: int, chip: str) -> None:
        self.number, self.chip = number, chip
        self._revision = -1  # of the table, when they were last looked up
        self._instruments: list[int] = []

    def instruments(self, table: InstrumentTable) -> list[int]:
        """Ids of the instruments that are listed now."""
        if self._revision != table.revision:
            self._revision = table.revision
            self._instruments = [table.ids[index] for index in books_of(table, self.chip)]
        return self._instruments
