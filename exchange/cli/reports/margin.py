"""`gpux margin`: what an account's margin is, and what it would be, at a running venue."""

from typing import Annotated

from cyclopts import Parameter

from exchange.cli.trading.place import HERE, At, with_key


def margin(
    folder: str = "",
    account: int = 0,
    *,
    what_if: tuple[str, ...] = (),
    position: tuple[str, ...] = (),
    json: Annotated[bool, Parameter(negative="")] = False,
    at: At = HERE,
) -> None:
    """Show the margin of an account by commodity, the margin held and free funds, also with orders that nobody sends.

    A trader asks with a key and without FOLDER: gpux margin --what-if "buy 10 H100.G90.F27 2.810". Who runs the venue
    asks for any account: gpux margin FOLDER ACCOUNT.

    Args:
        folder: Data folder of the running venue; without it your key asks at its address.
        account: Account number; without a folder also the first account of the key.
        what_if: A limit order, like "buy 10 H100.G90.F27 2.810", price in dollars; repeatable, checked in turn.
        position: Lots held on top, like H100.G90.F27=-5; negative: sold. Repeatable.
        json: Print JSON, with the keys of the protocol; money is in mills.
    """
    from rich.console import Console

    from exchange.cli.reports import margin_report
    from exchange.venue.loop import run_loop

    orders, positions = margin_report.parse_orders(what_if), margin_report.parse_positions(position)
    if folder:
        report = margin_report.of_venue(folder, account, orders, positions)
    else:
        report = run_loop(margin_report.of_key(with_key(at), account, orders, positions))
    if json:
        print(margin_report.as_json(report))
    else:
        margin_report.show(report, Console())
