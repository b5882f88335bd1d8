"""Mass quotes and market-maker protection (ENTRY-020 to ENTRY-023).

    await session.set_protection(1, window_ms=1_000, fills=20, lots=500, chip="H100")
    await session.quote(1, [QuoteEntry(h27, 2844, 40, 2847, 40), QuoteEntry(j27, 2790, 25, 2796, 0)])
    bid, ask = session.quotes(h27)           # the orders of its two sides, updated by fills and events

An entry replaces both sides of the quote in its instrument. Lots 0 remove a side. A side that is unchanged or gets
smaller keeps its priority. When a threshold is reached, the venue removes all quotes of the group, and accepts no
quotes until `reset_protection`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from clients.orders import Order
from clients.session_base import SessionBase
from exchange.wire.fields import QUOTE_ROWS_MAX
from exchange.wire.messages import InstrumentDefinition, ProtectionReset, ProtectionSet, Quote


class QuoteEntry(NamedTuple):
    """Both sides of the quote in one instrument. Prices are ticks; lots 0 remove a side."""

    instrument: InstrumentDefinition
    bid_tick: int
    bid_lots: int
    ask_tick: int
    ask_lots: int


class QuoteOutcome(NamedTuple):
    """The result of an entry.

    States of a side: 0 none, 1 new or moved, 2 kept its priority, 3 removed, 4 refused, 5 filled. `code` is the error
    code of a refused entry, whose old quote stays; else 0.
    """

    instrument: int
    bid_state: int
    bid_order_id: int
    ask_state: int
    ask_order_id: int
    code: int


class Quoting(SessionBase):
    """Requests of a market maker. `account`: one of the key's accounts, by default the first."""

    def quotes(self, instrument: InstrumentDefinition, account: int = 0) -> tuple[Order | None, Order | None]:
        """The latest bid and ask quoted in an instrument, working or done."""
        account, number = account or self.core.account, instrument.instrument
        return self.core.orders.quote(account, number, "b"), self.core.orders.quote(account, number, "s")

    def send_quotes(self, group: int, entries: Sequence[QuoteEntry], account: int = 0) -> int:
        """Quote up to 32 instruments in one message without waiting; returns the request id."""
        if not 1 <= len(entries) <= QUOTE_ROWS_MAX:
            raise ValueError(f"{len(entries)} entries not in 1..{QUOTE_ROWS_MAX}")
        rows = [(entry.instrument.instrument, *entry[1:]) for entry in entries]
        return self._send(Quote(request_id=1, account=account, protection_group=group, quotes=rows))

    async def quote(self, group: int, entries: Sequence[QuoteEntry], account: int = 0) -> list[QuoteOutcome]:
        """As `send_quotes`, and wait for the result of each entry."""
        reply = await self._reply(lambda: self.send_quotes(group, entries, account))
        return [QuoteOutcome(*row) for row in reply.quotes or []]

    async def set_protection(
        self,
        group: int,
        *,
        window_ms: int,
        chip: str = "",
        lots: int = 0,
        fills: int = 0,
        delta_lots: int = 0,
        gpu_hours: int = 0,
        account: int = 0,
    ) -> str:
        """Define a protection group and arm it (ENTRY-023); returns its state, `armed`.

        window_ms   length of the rolling window in which thresholds count
        chip        the group is for instruments of this chip; by default for all
        lots, fills, delta_lots, gpu_hours   thresholds; 0: none
        """
        request = ProtectionSet(
            request_id=1, account=account, group=group, chip=chip, window_ms=window_ms, traded_lots=lots, fills=fills,
            delta_lots=delta_lots, gpu_hours=gpu_hours,
        )  # fmt: skip
        return (await self.request(request)).group_state

    def send_reset(self, group: int, account: int = 0) -> int:
        """Arm a tripped group again without waiting; returns the request id."""
        return self._send(ProtectionReset(request_id=1, account=account, group=group))

    async def reset_protection(self, group: int, account: int = 0) -> str:
        """Arm a tripped group again with its counters at zero; returns its state, `armed`."""
        return (await self._reply(lambda: self.send_reset(group, account))).group_state
