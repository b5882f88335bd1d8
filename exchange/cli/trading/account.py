"""`gpux positions`, `gpux fills` and `gpux limits`: what an account holds, has traded and may still send
(`account_lists`)."""

from typing import Annotated

from cyclopts import Parameter

from exchange.cli.trading.place import HERE, At, place_of, with_key
from exchange.errors import UserError

FILLS_SHOWN_MAX = 10_000


def positions(*, account: int = 0, json: Annotated[bool, Parameter(negative="")] = False, at: At = HERE) -> None:
    """Show the positions of an account: lots, GPU-hours, average price, mark and gain since the last settlement.

    Args:
        account: Account; without it the first of the key.
        json: Print JSON, a line for each position, with the keys of the protocol; money is in mills.
    """
    from exchange.cli.trading.account_lists import show_positions
    from exchange.venue.loop import run_loop

    run_loop(show_positions(with_key(at), account, json))


def fills(
    *, last: int = 20, account: int = 0, json: Annotated[bool, Parameter(negative="")] = False, at: At = HERE
) -> None:
    """Show the last fills of an account, oldest first, as far back as the venue keeps them.

    Args:
        last: How many.
        account: Account; without it the first of the key.
        json: Print JSON, a line for each fill, with the keys of the protocol; money is in mills.
    """
    from exchange.cli.trading.account_lists import show_fills
    from exchange.venue.loop import run_loop

    if not 1 <= last <= FILLS_SHOWN_MAX:
        raise UserError(f"--last {last} not in 1..{FILLS_SHOWN_MAX}")
    run_loop(show_fills(with_key(at), last, account, json))


def limits(*, json: Annotated[bool, Parameter(negative="")] = False, at: At = HERE) -> None:
    """Show the rates that the venue allows; with a key also the tokens left in each bucket.

    Args:
        json: Print JSON, a line for each bucket, with the keys of the protocol.
    """
    from exchange.cli.trading.account_lists import show_limits
    from exchange.venue.loop import run_loop

    run_loop(show_limits(place_of(at), json))
