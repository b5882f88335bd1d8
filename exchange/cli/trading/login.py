"""`gpux login`: tries a venue and a key, and notes them in a profile, so that other commands need neither."""

from typing import Annotated

from cyclopts import Parameter

from exchange.cli.trading.place import HERE, At, profile_name, with_key


def login(*, check: bool = True, json: Annotated[bool, Parameter(negative="")] = False, at: At = HERE) -> None:
    """Log on once, and note the venue and the path of the key file for all later commands.

    The profile is ~/.config/gpux/default.toml, or NAME.toml with --profile NAME. Only you can read it, and it names the
    key file only: the private key stays where it is.

    Args:
        check: Log on to see whether it works; --no-check notes them as they are.
        json: Print one line of JSON.
    """
    from exchange.cli.trading.logging_on import login as run_login

    run_login(with_key(at, is_new=True), profile_name(at), check, json)
