"""`gpux statement`: what moved the cash of an account, of a running venue."""

from exchange.cli.operator import ask


def statement(folder: str, account: int) -> None:
    """Show what moved an account's cash in the trading day settled last, and since: variation margin, fees, deposits.

    Args:
        folder: Data folder of the running venue.
        account: Account number.
    """
    ask(folder, "ShowStatement", account=account)
