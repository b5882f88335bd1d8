"""Refusals of the venue: one class for each remedy, with the figures of the `err` as attributes.

    try:
        await session.buy(h27, 12, "9.999")
    except PriceRefused as refused:
        print(refused.low_tick, refused.high_tick)       # ticks that the order may have
    except MarginRefused as refused:
        print(refused.need_mills, refused.free_mills)

All are `clients.errors.Refused`. The text says what was found, what is allowed and what to do. A figure that the venue
did not give is None. `is_local`: the client found the fault by itself and sent nothing (`clients.checks`); the text is
the same.
"""

from clients.errors import Refused, Throttled
from exchange.wire.messages import OrderView


class RequestFaulty(Refused):
    """The request is wrong by itself: a key, a word, a form, keys that do not go together."""

    remedy = "Fix the request; the same one is refused again."


class UnknownInstrument(Refused):
    """The instrument is not listed, or has another revision than the one named."""

    remedy = "Load the instruments again: await session.instruments()."


class PriceRefused(Refused):
    """The price is off the tick, or outside the band or the daily limits."""

    remedy = "Change the price."
    shows = ("px", "trg")

    @property
    def low_tick(self) -> int | None:
        """The lowest price that an order of this side may have."""
        return self.error.low_tick

    @property
    def high_tick(self) -> int | None:
        """The highest price that an order of this side may have."""
        return self.error.high_tick

    def _details(self) -> list[str]:
        low, high = self.low_tick, self.high_tick
        return [f"allowed: {low} to {high} ticks"] if low is not None and high is not None else []


class LotsRefused(Refused):
    """Lots are out of range, or off the instrument's increment."""

    remedy = "Change the lots."
    shows = ("q", "disp", "minq")


class MarginRefused(Refused):
    """The free funds do not cover the order."""

    remedy = "Send fewer lots, cancel other orders, or deposit money."

    @property
    def need_mills(self) -> int | None:
        return self.error.need_mills

    @property
    def free_mills(self) -> int | None:
        return self.error.free_margin_mills

    def _details(self) -> list[str]:
        need, free = self.need_mills, self.free_mills
        return [f"needs {need} mills, free {free}"] if need is not None and free is not None else []


class PositionRefused(Refused):
    """The position would become too large, or the account may only make positions smaller."""

    remedy = "Send an order that makes the position smaller, or fewer lots."


class MarketClosed(Refused):
    """The market's phase does not take the request. `phase`: the present one."""

    remedy = "Wait for the phase to change (channel status)."

    @property
    def phase(self) -> str:
        return self.error.phase

    def _details(self) -> list[str]:
        return [f"phase {self.phase}"] if self.phase else []


class WouldTrade(Refused):
    """The book has moved: a post-only order would trade, a market order has no opposite side, a stop is elected."""

    remedy = "Look at the book again and reprice."
    shows = ("px", "trg")


class RateRefused(Refused, Throttled):
    """Too many requests for a bucket of the venue. It is a `Throttled` too: wait `wait_s`."""

    remedy = "Wait, then send it under a new id."

    @property
    def retry_us(self) -> int | None:
        return self.error.retry_us

    @property
    def wait_s(self) -> float:  # type: ignore[override]  # an attribute of Throttled
        return (self.error.retry_us or 0) / 1e6

    @property
    def bucket(self) -> str:  # type: ignore[override]
        return self.error.limit_left[0] if self.error.limit_left else ""

    def _details(self) -> list[str]:
        return [f"wait {self.wait_s:.3f} s"] if self.retry_us is not None else []


class VenueBusy(Refused):
    """The venue has no room now, for this request or for another order, channel or connection."""

    remedy = "Try again later, with a pause that grows."


class OrderEnded(Refused):
    """There is no such live order. `state` and `filled_lots` say how it ended, if the venue still knows."""

    remedy = "Nothing to do: the order does not work any more."
    shows = ("coid",)

    @property
    def state(self) -> str:
        return self.error.state

    @property
    def filled_lots(self) -> int | None:
        return self.error.filled_lots

    def _details(self) -> list[str]:
        return [f"{self.state}, {self.filled_lots or 0} lots filled"] if self.state else []


class OrderIdTaken(Refused):
    """Another live order has this client order id. `holder`: that order."""

    remedy = "Use another client order id."
    shows = ("coid",)

    @property
    def holder(self) -> OrderView | None:
        return self.error.order


class BatchRefused(Refused):
    """An atomic batch of which one operation cannot run, so none ran. `index`: of the first such operation."""

    remedy = "Fix that operation."

    @property
    def index(self) -> int | None:
        return self.error.index

    def _details(self) -> list[str]:
        return [f"operation {self.index}"] if self.index is not None else []


class ProtectionRefused(Refused):
    """Quotes need an armed protection group, and cancel on disconnect."""

    remedy = "Arm it: set_protection, reset_protection, or set_cancel_terms."


class TradingStopped(Refused):
    """The firm or the venue has stopped the account; cancels are allowed."""

    remedy = "Only who stopped it can lift it."


class AccessRefused(Refused):
    """The key may not do this: scope, account, address, or no logon."""

    remedy = "Use a key that may."
    shows = ("acc",)


class OutcomeUnknown(Refused):
    """The venue does not say whether the request took effect."""

    remedy = "Look at the order: await session.find_order(client_order_id)."


class ReplayRefused(Refused):
    """The range is too old, too long or not published yet. `oldest`: the first number that can be replayed."""

    remedy = "Ask for a range from there on, or take a snapshot."

    @property
    def oldest(self) -> int | None:
        return self.error.oldest

    def _details(self) -> list[str]:
        return [f"oldest {self.oldest}"] if self.oldest is not None else []
