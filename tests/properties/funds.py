"""Which accounts may hold more than their funds, and why: from MARGIN-013, 015 and 016, on what a command finds."""

from collections.abc import Iterator
from typing import Any

from exchange.codes import CommandFlag, CommandKind, Side
from exchange.reference.book import Order, signed
from exchange.reference.market import Market
from exchange.reference.quotes import quote_words
from tests.properties.requirement import required_mills

ENTERS = (CommandKind.NEW, CommandKind.REPLACE, CommandKind.QUOTE)


def free_margin_mills(market: Market, number: int) -> int:
    """MARGIN-015, position by position."""
    account = market.clearing.accounts[number]
    gains = 0
    for index, position in account.positions.items():
        instrument = market.clearing.instruments[index]
        gains += (market.clearing.marks[index] * position.lots - position.open_value_tick_lots) * instrument.hours
    return account.cash_mills + min(0, gains) - market.initial_margin_mills(account)


def closes(market: Market, number: int, index: int, side: int, lots: int, old: Order | None) -> bool:
    """MARGIN-016: so many lots in place of an old order, and all that works on their side, are at most the position
    that they close, leg by leg."""
    account = market.clearing.accounts[number]
    instruments = market.clearing.instruments
    others = [order for order in market.working(number) if order is not old]
    for leg, sign in instruments[index].legs:
        direction = sign * signed(side)
        working = sum(
            order.leaves_lots
            for order in others
            for other, other_sign in instruments[order.instrument].legs
            if other == leg and other_sign * signed(order.side) == direction
        )
        if lots + working > -direction * account.lots(leg):
            return False
    return True


class Funds:
    """Follows a run: an account falls short of funds by an order that only closes, or by a settlement. Nothing else."""

    def __init__(self) -> None:
        self.short: set[int] = set()
        self.free: int | None = None
        self.closes = False

    def before(self, market: Market, command: Any) -> None:
        self.free = None
        known = command.account in market.clearing.accounts
        if known and command.kind in ENTERS:
            self.free = free_margin_mills(market, command.account)
            self.closes = all(closes(market, *side) for side in _entered(market, command))

    def after(self, market: Market, command: Any) -> bool:
        """Whether the command entered what only closes beyond the funds of its account."""
        if self.free is None:
            return False
        free = free_margin_mills(market, command.account)
        if free >= 0:
            self.short.discard(command.account)
        beyond = free < min(0, self.free)
        if beyond:
            assert self.closes, f"account {command.account} is let in with {self.free} free, {free} afterwards"
            self.short.add(command.account)
        return beyond

    def settled(self, market: Market) -> None:
        """New marks: losses count at once."""
        self.short = {number for number in market.clearing.accounts if free_margin_mills(market, number) < 0}

    def check(self, market: Market) -> None:
        """MARGIN-013: the hold covers what the positions need, and funds cover the hold."""
        for number, account in market.clearing.accounts.items():
            hold, free = market.initial_margin_mills(account), free_margin_mills(market, number)
            assert required_mills(market.clearing, account) <= hold, f"hold of account {number} is too small"
            assert free >= 0 or number in self.short, f"account {number} holds {hold} with {free} free"


def _entered(market: Market, command: Any) -> Iterator[tuple[int, int, int, int, Order | None]]:
    """What a command would work more than now: account, book, side, lots, the order in whose place."""
    number = command.account
    if command.kind == CommandKind.REPLACE:
        order = market.find(command)
        if order is not None:
            total = order.order_lots if command.flags & CommandFlag.KEEP_LOTS else command.lots
            yield number, order.instrument, order.side, total - order.filled_lots, order
    elif command.instrument in market.clearing.instruments:
        if command.kind == CommandKind.NEW:
            yield number, command.instrument, command.side, command.lots, None
            return
        for side, price, lots in (
            (Side.BUY, command.bid_tick, command.bid_lots),
            (Side.SELL, command.ask_tick, command.ask_lots),
        ):
            old = market.find_client(number, quote_words(side, command.instrument))
            if lots and (old is None or price != old.price or lots > old.leaves_lots):
                yield number, command.instrument, side, lots, old
