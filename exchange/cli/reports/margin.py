"""`gpux margin`: what an account's margin is, and what it would be, at a running venue."""


def margin(
    folder: str, account: int, *, what_if: tuple[str, ...] = (), position: tuple[str, ...] = (), json: bool = False
) -> None:
    """Show the margin of an account by commodity, the margin held and free funds, also with orders that nobody sends.

    Args:
        folder: Data folder of the running venue.
        account: Account number.
        what_if: A limit order, like "buy 10 H100.G90.F27 2.810", price in dollars; repeatable, checked in turn.
        position: Lots held on top, like H100.G90.F27=-5; negative: sold. Repeatable.
        json: Print JSON, with the keys of the protocol; money is in mills.
    """
    from rich.console import Console

    from exchange.cli.reports import margin_report

    orders, positions = margin_report.parse_orders(what_if), margin_report.parse_positions(position)
    report = margin_report.of_venue(folder, account, orders, positions)
    if json:
        print(margin_report.as_json(report))
    else:
        margin_report.show(report, Console())
