"""`gpux operator`: acts of the clearing house: index, adjustments, blocks, busts, transfers, flags."""

import cyclopts

from exchange.cli.operator import NOBODY, By, ask


def flags(folder: str) -> None:
    """List accounts above a spot limit or an accountability level, and reportable positions: flag, net lots.

    Args:
        folder: Data folder of the running venue.
    """
    ask(folder, "ShowFlags", empty="no flags")


def index_values(folder: str) -> None:
    """Show the last values of each index, and how they were found.

    Args:
        folder: Data folder of the running venue.
    """
    ask(folder, "ShowIndex")


def index(folder: str, name: str = "", day: str = "", value: str = "", *, file: str = "", by: By = NOBODY) -> None:
    """Give the print of an external index for a day that is over, or the prints in a file.

    Args:
        folder: Data folder of the running venue.
        name: Chip and tier, like H100.G90.
        day: Day of the print, like 2026-11-24.
        value: Price in dollars, like 2.815; none takes the print away.
        file: File with a line INDEX,DAY,VALUE for each print.
    """
    from exchange.cli.prices import parse_prints, read_prints
    from exchange.errors import UserError

    if bool(file) == bool(name):
        raise UserError("give NAME, DAY and VALUE of one print, or --file with several")
    ask(folder, "IndexPrints", by, prints=read_prints(file) if file else parse_prints([f"{name},{day},{value}"]))


def rental(folder: str, name: str, day: str, seller: int, hours: int, price: str, *, by: By = NOBODY) -> None:
    """Report an executed rental of certified hours, from which the exchange makes its own index.

    Args:
        folder: Data folder of the running venue.
        name: Chip and tier of the index, like H100.G90.
        day: Day of the rental, like 2026-11-24.
        seller: Account of the seller.
        hours: GPU-hours.
        price: Price in dollars per GPU-hour.
    """
    from exchange.cli.prices import parse_price

    ask(folder, "IndexRental", by, index=name, day=day, seller=seller, hours=hours, price=parse_price("PRICE", price))


def committee(folder: str, name: str, day: str, price: str, *, by: By = NOBODY) -> None:
    """Give a committee's value for an index day that has none. It takes two operators.

    Args:
        folder: Data folder of the running venue.
        name: Chip and tier of the index, like H100.G90.
        day: The day, like 2026-11-24.
        price: Value in dollars.
    """
    from exchange.cli.prices import parse_price

    ask(folder, "CommitteeValue", by, index=name, day=day, price=parse_price("PRICE", price))


def adjust(folder: str, symbol: str, day: str, *amounts: str, by: By = NOBODY) -> None:
    """Correct a published settlement by cash between accounts. It takes two operators.

    Args:
        folder: Data folder of the running venue.
        symbol: Outright whose settlement is corrected, like H100.G90.H27.
        day: Trading day of the settlement, like 2026-11-24.
        amounts: By account, the mills that it receives, like 7=7440; below 0 it pays. They sum to zero.
    """
    from exchange.cli.prices import parse_amounts

    ask(folder, "AdjustCash", by, symbol=symbol, day=day, amounts=parse_amounts(amounts))


def block(
    folder: str, symbol: str, lots: int, price: str, buyer: int, seller: int, *, made: str = "", by: By = NOBODY
) -> None:
    """Book a block trade that two members have made outside the book and reported within 15 minutes.

    Args:
        folder: Data folder of the running venue.
        symbol: Outright, like H100.G90.H27.
        lots: Lots, at least 5.
        price: Price in dollars, inside the limits of the day.
        buyer: Account of the buyer.
        seller: Account of the seller.
        made: When it was made, a time of the UTC day, like 14:45; without it, now.
    """
    from exchange.cli.prices import parse_price

    ask(
        folder, "ReportBlock", by, symbol=symbol, lots=lots, price=parse_price("PRICE", price), buyer=buyer,
        seller=seller, made=made,
    )  # fmt: skip


def bust(folder: str, trade: int, *, by: By = NOBODY) -> None:
    """Take a trade back, with all trades of its implied group. It takes two operators.

    Each account gives up what it traded at the price of the trade and gets its fee back. The trade is one of the last
    24 hours, and its instruments still trade.

    Args:
        folder: Data folder of the running venue.
        trade: Number of the trade, the `tid` of a fill.
    """
    ask(folder, "BustTrade", by, trade=trade)


def transfer(
    folder: str, symbol: str, lots: int, giver: int, taker: int, price: str = "", *, short: bool = False,
    by: By = NOBODY,
) -> None:  # fmt: skip
    """Move lots of a position from one account to another, without a fee. It takes two operators.

    Args:
        folder: Data folder of the running venue.
        symbol: Outright, like H100.G90.H27.
        lots: Lots of the position.
        giver: Account that has the position.
        taker: Account that gets it.
        price: Price in dollars at which both are booked; without it, the price that positions are valued at now.
        short: The position is short.
    """
    from exchange.cli.prices import parse_price

    tick = parse_price("PRICE", price) if price else None
    ask(folder, "TransferLots", by, symbol=symbol, lots=-lots if short else lots, giver=giver, taker=taker, price=tick)


def add_commands(app: cyclopts.App) -> None:
    """Add these commands to `gpux operator`."""
    for command in (flags, index_values, index, rental, committee, adjust, block, bust, transfer):
        app.command(command)
