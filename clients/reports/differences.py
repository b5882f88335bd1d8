"""Compares the venue's reports with the local state of an account, and names what differs."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from clients.account import AccountState
from clients.orders import SENT, Order, OrderTable, name_of
from exchange.wire.messages import Fill, OrderView, PositionView

Kind = Literal["order unknown here", "order differs", "order unknown at the venue", "fill not seen", "position differs"]


class Difference(NamedTuple):
    """One difference. `name`: of the order, trade or instrument; `here`, `there`: the local value and the venue's."""

    kind: Kind
    account: int
    name: str
    here: str
    there: str

    def __str__(self) -> str:
        return f"account {self.account}: {self.kind}: {self.name}: here {self.here}, at the venue {self.there}"


def order_differences(
    table: OrderTable, account: int, views: Iterable[OrderView], engine_sequence: int
) -> tuple[list[Difference], list[OrderView], list[Order]]:
    """Compare all working orders. Orders that a request or a later event may just be changing are left out.

    views             the venue's working orders
    engine_sequence   command up to which the first of them are true
    returns           the differences, views of orders that differ or are unknown here, local orders that the venue
                      does not have
    """
    found: list[Difference] = []
    repairs: list[OrderView] = []
    shown: set[str] = set()
    for view in views:
        name = name_of(view.client_order_id, view.instrument, view.side)
        shown.add(name)
        order = table.get(account, name)
        if order is not None and _is_moving(order, engine_sequence):
            continue
        if order is None or (order.done and order.order_id != view.order_id):
            found.append(Difference("order unknown here", account, name, "-", _text(view)))
            repairs.append(view)
        elif _text(order) != _text(view):
            found.append(Difference("order differs", account, name, _text(order), _text(view)))
            repairs.append(view)
    gone = [
        order
        for order in table.live()
        if order.account == account and order.name not in shown and not _is_moving(order, engine_sequence)
    ]
    for order in gone:
        found.append(Difference("order unknown at the venue", account, order.name, _text(order), "-"))
    return found, repairs, gone


def fill_differences(account: int, seen: Iterable[int], fills: Iterable[Fill]) -> list[Difference]:
    """Fills of the venue that the session has not seen. `seen`: numbers of the stream at which it saw a fill."""
    known = set(seen)
    return [
        Difference(
            "fill not seen", account, f"trade {fill.trade_id}", "-",
            f"{fill.side} {fill.lots} at {fill.price_tick}, event {fill.sequence}",
        )
        for fill in fills
        if fill.sequence not in known
    ]  # fmt: skip


def position_differences(state: AccountState, there: Iterable[PositionView], engine_sequence: int) -> list[Difference]:
    """Positions whose lots differ, where the session knows no later change; one that is not there has 0 lots."""
    own = {instrument: position.lots for instrument, position in state.positions.items()}
    venue = {position.instrument: position.lots for position in there}
    return [
        Difference("position differs", state.account, f"instrument {instrument}", f"{mine} lots", f"{theirs} lots")
        for instrument in sorted(state.settled_positions(engine_sequence, {*own, *venue}))
        if (mine := own.get(instrument, 0)) != (theirs := venue.get(instrument, 0))
    ]


def _is_moving(order: Order, engine_sequence: int) -> bool:
    """Whether a request about the order is unanswered, or the session knows more than the report."""
    return order.state == SENT or order.unanswered > 0 or order.engine_sequence > engine_sequence


def _text(one: Order | OrderView) -> str:
    return f"{one.state} {one.side} {one.leaves_lots}/{one.order_lots}@{one.price_tick}, {one.filled_lots} filled"
