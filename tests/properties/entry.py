"""An order as its events report it, for the ledger of the invariants."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.codes import CancelReason

KILLED_ON_ENTRY = (CancelReason.MINQTY, CancelReason.FOK, CancelReason.EXPIRED)


@dataclass
class Entry:
    """An order as its events report it."""

    account: int
    session: int
    book: int
    side: int
    price: int
    tif: int
    order_lots: int
    minimum_lots: int
    post_only: int
    smp_id: int
    trigger: int = 0
    waits: bool = False  # a stop that was not injected
    shown_lots: int = 0
    stamp: int = 0  # when it last joined a queue; 0: it rests nowhere
    filled_lots: int = 0
    cancelled_lots: int = 0
    decremented_lots: int = 0
    value_tick_lots: int = 0
    turn: int = 0  # when it last took a place in time, resting or not
    first_fills: int = 0  # executed in its command of entry
    is_quote: bool = False

    def is_own(self, maker: Entry) -> bool:
        """SMP-001; a quote's key is its account (SMP-008)."""
        if self.is_quote or (maker.is_quote and self.smp_id):
            return self.account == maker.account
        return self.smp_id != 0 and self.smp_id == maker.smp_id

    @property
    def leaves_lots(self) -> int:
        return self.order_lots - self.filled_lots - self.cancelled_lots - self.decremented_lots
