"""`gpux doctor`: why a client cannot connect, or would not work (`address_checks` and others)."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def doctor(
    target: Annotated[str, Parameter(name=["--venue", "--url"])] = "",
    *,
    key: Path | None = None,
    key_id: str = "",
    origin: str = "",
    seconds: float = 3.0,
    json: bool = False,
) -> None:
    """Check an address, or a data folder, step by step; exit code 1 if a check fails.

    An address: name, TCP, upgrade, version of the protocol, extensions, limits, difference of the clocks, gaps in
    market data over a few seconds; with a key also its file and its logon. A folder: rights, venue, key files.

    Args:
        target: Address like ws://127.0.0.1:8443, or a data folder; without it GPUX_VENUE, then the
            profile, then ws://127.0.0.1:8443.
        key: File of a private key, like data/alice.pem, whose logon is tried.
        key_id: Id of the key; without it k_NAME for a file NAME.pem.
        origin: Try whether a web page of this origin may connect, like https://desk.example.
        seconds: How long to watch market data; 0: not at all.
        json: Print JSON.
    """
    from exchange.cli.remote import findings, folder_checks
    from exchange.cli.remote.examination import examine
    from exchange.cli.remote.key_checks import id_of_key
    from exchange.cli.trading.place import public_place
    from exchange.errors import UserError
    from exchange.seams import RealClock
    from exchange.venue.loop import run_loop

    target = target or public_place("").url
    name = id_of_key(key, key_id)
    if not 0 <= seconds <= 3_600:
        raise UserError(f"--seconds {seconds:g} is not in 0..3600")
    if "://" in target:
        found = run_loop(examine(target, RealClock(), name, key, origin, seconds))
    else:
        if key or origin:
            raise UserError("--key and --origin need an address like ws://127.0.0.1:8443, not a folder")
        found = folder_checks.check_folder(Path(target))
    print(findings.as_json(target, found) if json else findings.as_lines(found))
    sys.exit(0 if findings.is_healthy(found) else 1)
