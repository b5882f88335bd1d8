"""`gpux probe`: how fast an address answers (`measuring`)."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def probe(
    target: Annotated[str, Parameter(name=["--venue", "--url"])] = "",
    *,
    key: Path | None = None,
    key_id: str = "",
    seconds: float = 5.0,
    json: bool = False,
) -> None:
    """Measure round trips, throughput and the age of market data of an address, with percentiles. No order is sent.

    With a key it also measures the dry run of an order: the risk check of an order that nobody sends. Exit code 1 if
    the venue cannot be reached or refuses the key.

    Args:
        target: Address like ws://127.0.0.1:8443; without it GPUX_VENUE, then the profile, then ws://127.0.0.1:8443.
        key: File of a private key, like data/alice.pem.
        key_id: Id of the key; without it k_NAME for a file NAME.pem.
        seconds: How long to count market data.
        json: Print JSON.
    """
    from exchange.cli.remote import measuring
    from exchange.cli.remote.address_checks import parse_address
    from exchange.cli.remote.key_checks import check_file, id_of_key
    from exchange.cli.trading.place import public_place
    from exchange.errors import UserError
    from exchange.seams import RealClock
    from exchange.venue.loop import run_loop

    target = target or public_place("").url
    name = id_of_key(key, key_id)
    if not 0 < seconds <= 3_600:
        raise UserError(f"--seconds {seconds:g} is not above 0 and up to 3600")
    secret = None
    if key is not None:
        finding, secret = check_file(key)
        if secret is None:
            raise UserError(f"{finding.found}; {finding.remedy}")
    found = run_loop(measuring.measure(parse_address(target), RealClock(), seconds, name, secret))
    print(measuring.as_json(target, found) if json else measuring.as_lines(found))
