"""Orders of a scenario as NEW and CANCEL rows: orders by name, and trades of two orders that meet nobody else."""

from exchange.codes import CommandKind, EventKind, MarketState, RejectReason, Side, TimeInForce
from exchange.conformance.clearing.shapes import Values
from exchange.conformance.engine_house.running import UNLISTED, RunningVenue
from exchange.engine import query
from exchange.records import pack_client_order_id

REFUSED = (EventKind.ORDER_REJECTED, EventKind.CANCEL_REJECTED, EventKind.COMMAND_REFUSED)
IN_THE_WAY = "this trade would meet other orders"  # no reason of the notation: such a line is a mistake
SIDES = {"buys": Side.BUY, "sells": Side.SELL}
CANCEL_FIELDS = ("account", "client_order_id_0", "client_order_id_1", "client_order_id_2")
Fields = dict[str, int]


def send(venue: RunningVenue, kind: CommandKind, **fields: int) -> str | None:
    """Apply a row. Returns the reason for which it is refused, None if it is accepted."""
    refused = [event for event in venue.row(kind, **fields) if event.kind in REFUSED]
    if refused:
        return RejectReason(refused[0].reason).abbreviation
    venue.touch()
    return None


def order(venue: RunningVenue, values: Values) -> str | None:
    """A limit order, for the day or until it is cancelled."""
    return send(venue, CommandKind.NEW, **one_order(venue, values))


def one_order(venue: RunningVenue, values: Values) -> Fields:
    """Fields of the NEW of an `order` line."""
    tif = TimeInForce.GTC if values["gtc"] else TimeInForce.DAY
    return _new(venue, values["account"], SIDES[values["side"]], values, values["order"], tif)


def cancel(venue: RunningVenue, values: Values) -> str | None:
    """Cancel a working order by its name."""
    name = values["order"]
    account = venue.fates[name].account if name in venue.fates else 1
    return send(venue, CommandKind.CANCEL, account=account, **_named(name))


def trade(venue: RunningVenue, values: Values) -> str | None:
    """The maker's order rests and the taker's takes it. Whichever is refused first, nothing remains."""
    maker, taker = both_orders(venue, values)
    if reason := foreseen(venue, maker):
        return reason
    if maker["account"] == taker["account"]:  # the first order counts when the second is checked
        send(venue, CommandKind.NEW, **maker)
        if reason := foreseen(venue, taker):
            send(venue, CommandKind.CANCEL, **{name: maker[name] for name in CANCEL_FIELDS})
            return reason
    elif reason := foreseen(venue, taker):
        return reason
    elif _is_in_the_way(venue, maker):
        return IN_THE_WAY
    else:
        send(venue, CommandKind.NEW, **maker)
    return send(venue, CommandKind.NEW, **taker)


def both_orders(venue: RunningVenue, values: Values) -> tuple[Fields, Fields]:
    """Fields of the maker's NEW and of the taker's of a `trade` line."""
    side, number = SIDES[values["side"]], len(venue.journal)
    maker = _new(venue, values["maker"], Side(1 - side), values, f".{number}maker")
    return maker, _new(venue, values["account"], side, values, f".{number}taker")


def foreseen(venue: RunningVenue, fields: Fields) -> str | None:
    """The reason for which a NEW would be refused now."""
    reason = venue.first_refusal(**fields)
    return RejectReason(reason).abbreviation if reason else None


def _is_in_the_way(venue: RunningVenue, maker: Fields) -> bool:
    """Whether an open book has an order that would trade before the maker's, or with it."""
    index, price = maker["instrument"], maker["price"]
    if index == UNLISTED or query.market_state(venue.states, index) != MarketState.OPEN:
        return False
    bids, asks = query.depth(venue.states, index, 1)
    if maker["side"] == Side.SELL:
        return bool((asks and asks[0][0] <= price) or (bids and bids[0][0] >= price))
    return bool((bids and bids[0][0] >= price) or (asks and asks[0][0] <= price))


def _new(
    venue: RunningVenue, account: str, side: Side, values: Values, name: str, tif: TimeInForce = TimeInForce.DAY
) -> Fields:
    """Fields of a NEW."""
    return {
        "account": venue.account(account), "instrument": venue.index(values["symbol"]), "side": side, "tif": tif,
        "lots": values["lots"], "price": values["price"], **_named(name),
    }  # fmt: skip


def _named(name: str) -> Fields:
    return {f"client_order_id_{place}": word for place, word in enumerate(pack_client_order_id(name))}
