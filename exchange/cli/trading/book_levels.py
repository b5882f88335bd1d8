"""Does the work of `gpux book`: reads one snapshot of a book and prints it."""

from clients.local_book import LocalBook
from exchange.cli.trading.asking import asked, listed
from exchange.cli.trading.market import steps
from exchange.cli.trading.place import Access
from exchange.cli.trading.showing import clock, print_json, show, table
from exchange.units import price_text
from exchange.wire.messages import InstrumentDefinition


async def show_book(place: Access, symbol: str, levels: int, json: bool) -> None:
    """Print the direct levels of a book, and the best implied level of each side."""
    async with asked(place) as session:
        instrument = listed(await session.instruments(), symbol, place.url)
        book = await session.book(instrument, levels=0)
        phase = session.core.feeds.phases.get(instrument.instrument, instrument.phase)
        if json:
            print_json(_as_json(book, levels, phase), sym=instrument.symbol)
        else:
            _show(instrument, book, levels, phase)


def _as_json(book: LocalBook, levels: int, phase: str) -> dict[str, object]:
    count = levels or None
    implied = {"ib": book.implied_bid, "ia": book.implied_ask}
    return {
        "i": book.instrument, "phase": phase, "e": book.engine_sequence, "ts": book.time_us,
        "b": book.bids(count), "a": book.asks(count),
    } | {name: level for name, level in implied.items() if level}  # fmt: skip


def _show(instrument: InstrumentDefinition, book: LocalBook, levels: int, phase: str) -> None:
    print(f"{instrument.symbol}  {phase}  settled {price_text(instrument.settle_tick)}  {clock(book.time_us)} UTC")
    made = table(("implied", "bid", "price", "ask", "implied"), ())
    count = levels or None
    for price_tick, lots, implied in reversed(steps(book.asks(count), book.implied_ask, 1)):
        made.add_row("", "", price_text(price_tick), _lots(lots), _lots(implied))
    made.add_section()
    for price_tick, lots, implied in steps(book.bids(count), book.implied_bid, -1):
        made.add_row(_lots(implied), _lots(lots), price_text(price_tick), "", "")
    show(made, "no orders")


def _lots(lots: int) -> str:
    return f"{lots:,}" if lots else ""
