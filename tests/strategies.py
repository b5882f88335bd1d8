"""Hypothesis strategies: commands for the small market, and plain books and auctions."""

from typing import Any

from hypothesis import strategies as st

from exchange.codes import CommandFlag, CommandKind, MarketState, OrderType, PostOnly, Side, TimeInForce
from exchange.records import pack_client_order_id, pack_tag
from exchange.reference.rows import Command

PRICES = st.integers(88, 112)
SPREAD_PRICES = st.integers(-8, 8)
LOTS = st.integers(1, 12)
SIDES = st.sampled_from(list(Side))
NAMES = st.sampled_from(["", *(f"order-{number}" for number in range(12))])
TAGS = st.sampled_from(["", "grid", "hedge"]).map(pack_tag)
STATES = st.sampled_from([state for state in MarketState if state != MarketState.NONE])
TIFS = st.sampled_from([TimeInForce.DAY, TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])


# Good till a time; a state machine's clock is the number of its command.
UNTIL = st.one_of(
    st.just({}), st.builds(lambda time_ns: {"tif": TimeInForce.GTD, "expiry_ns": time_ns}, st.integers(1, 60))
)


def client_words(name: str) -> dict[str, int]:
    """The three words of a client order id as fields of a COMMAND."""
    return {f"client_order_id_{place}": word for place, word in enumerate(pack_client_order_id(name))}


@st.composite
def stops(draw: st.DrawFn, prices: st.SearchStrategy[int]) -> dict[str, Any]:
    """What makes a NEW a stop; mostly nothing."""
    if draw(st.sampled_from([True, True, False])):
        return {}
    flags = draw(st.sampled_from([0, 0, CommandFlag.REJECT_IF_ELECTED, CommandFlag.TIGHTEN]))
    kind = draw(st.sampled_from([OrderType.STOP, OrderType.STOP_LIMIT]))
    return {"order_type": kind, "trigger": draw(prices), "flags": int(flags)}


@st.composite
def new_orders(draw: st.DrawFn, accounts: list[int], books: dict[int, st.SearchStrategy[int]]) -> dict[str, Any]:
    """Fields of a NEW. `books`: prices of each book."""
    index = draw(st.sampled_from(list(books)))
    tif = draw(TIFS)
    resting = tif in (TimeInForce.DAY, TimeInForce.GTC)
    return {
        "kind": CommandKind.NEW,
        "account": draw(st.sampled_from(accounts)),
        "instrument": index,
        "side": draw(SIDES),
        "tif": tif,
        "price": draw(books[index]),
        "lots": draw(LOTS),
        **(draw(stops(books[index])) if resting else {}),
        "minimum_lots": draw(st.sampled_from([0, 0, 0, 0, 1, 3, 8, 13])),
        "post_only": draw(st.sampled_from([PostOnly.NONE, PostOnly.NONE, PostOnly.REJECT])) if resting else 0,
        "tag": draw(TAGS),
        **client_words(draw(NAMES)),
        **(draw(UNTIL) if resting else {}),
    }


@st.composite
def replaces(draw: st.DrawFn, prices: st.SearchStrategy[int]) -> dict[str, Any]:
    """Fields of a REPLACE but its target."""
    flags = draw(st.sets(st.sampled_from([1, 2, 4, 8, 32])).map(sum))
    return {
        "kind": CommandKind.REPLACE,
        "flags": flags,
        "price": draw(prices),
        "lots": draw(st.integers(1, 16)),
        "tif": draw(st.sampled_from([TimeInForce.DAY, TimeInForce.GTC])),
        "trigger": draw(prices),
        "tag": draw(TAGS),
    }


@st.composite
def mass_cancels(draw: st.DrawFn, accounts: list[int], books: list[int]) -> dict[str, Any]:
    """Fields of a CANCEL_ALL with any filters (ENTRY-012)."""
    flags = draw(st.sets(st.sampled_from([CommandFlag.BY_SIDE, CommandFlag.BY_TAG])).map(sum))
    return {
        "kind": CommandKind.CANCEL_ALL,
        "account": draw(st.sampled_from(accounts)),
        "instrument": draw(st.sampled_from([0, *books])),
        "flags": int(flags),
        "side": draw(SIDES),
        "tag": draw(TAGS),
    }


@st.composite
def mass_quotes(draw: st.DrawFn, books: dict[int, st.SearchStrategy[int]]) -> list[dict[str, Any]]:
    """Fields of the rows of a mass quote: sometimes a book twice, crossed, or one-sided."""
    indices = draw(st.lists(st.sampled_from(list(books)), min_size=1, max_size=3))
    sizes = st.sampled_from([0, 1, 2, 5, 12])
    return [
        {
            "kind": CommandKind.QUOTE, "instrument": index, "bid_tick": (bid := draw(books[index])),
            "bid_lots": draw(sizes), "ask_tick": bid + draw(st.sampled_from([0, 1, 2, 4])), "ask_lots": draw(sizes),
        }
        for index in indices
    ]  # fmt: skip


@st.composite
def thresholds(draw: st.DrawFn) -> dict[str, Any]:
    """Fields of an MMP_SET but its owner and number."""
    return {
        "kind": CommandKind.MMP_SET, "lots_max": draw(st.sampled_from([0, 2, 6])),
        "fills_max": draw(st.sampled_from([0, 1, 3])), "delta_lots_max": draw(st.sampled_from([0, 4])),
        "window_ns": draw(st.sampled_from([5, 1_000])), "group": draw(st.sampled_from([0, 1])),
    }  # fmt: skip


# (side, price, lots) of orders that collect in an auction book, or that cross a continuous one.
PLAIN_ORDERS = st.lists(st.tuples(SIDES, st.integers(92, 108), LOTS), min_size=1, max_size=14)


def plain_new(sequence: int, side: int, price: int, lots: int, **fields: Any) -> Any:
    """A GTC limit order of account 1 in book 1 with a name of its own."""
    known = {"account": 1, "instrument": 1, "tif": TimeInForce.GTC, **client_words(f"n{sequence}")}
    return Command(
        sequence=sequence, time_ns=sequence, kind=CommandKind.NEW, side=side, price=price, lots=lots,
        **{**known, **fields},
    )  # fmt: skip
