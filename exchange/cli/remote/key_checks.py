"""Checks of a key: the file of its private half, and whether the venue takes it."""

import asyncio
from pathlib import Path
from urllib.parse import SplitResult

from clients.credentials import Ed25519
from exchange.cli.remote.address_checks import DIAL_ERRORS
from exchange.cli.remote.findings import CheckResult, failed, passed
from exchange.cli.remote.timed_connection import OPEN_S, TimedConnection
from exchange.errors import UserError
from exchange.seams import Clock
from exchange.wire.messages import Err, Logout

OTHERS = 0o077  # rights of anybody but the owner


def id_of_key(file: Path | None, key_id: str) -> str:
    """The id that was given, or that `gpux key make` gives to the key of a file; empty: no key is given."""
    if key_id and file is None:
        raise UserError(f"--key-id {key_id} needs the file of its private key: --key FILE.pem")
    return key_id or ("" if file is None else f"k_{file.stem}")


def check_file(path: Path) -> tuple[CheckResult, Ed25519 | None]:
    """Whether only its owner reads a key file, and whether it holds a key."""
    try:
        mode = path.stat().st_mode & 0o777
        secret = Ed25519.load(path)
    except OSError as error:
        text = f"{path}: {(error.strerror or str(error)).lower()}"
        return failed("key file", text, "gpux key make FOLDER NAME writes FOLDER/NAME.pem"), None
    except ValueError as error:
        remedy = "give the private half, which gpux key make has written"
        return failed("key file", str(error), remedy), None
    if mode & OTHERS:
        remedy = f"chmod 600 {path}; if others have read it, make another key and end this one"
        return failed("key file", f"{path} has mode {mode:03o}: others may read it", remedy), secret
    return passed("key file", f"{path}: Ed25519, mode {mode:03o}, public half {secret.public}"), secret


async def check_logon(address: SplitResult, clock: Clock, key: str, secret: Ed25519) -> CheckResult:
    """Whether the venue takes the key: a session of its own is opened and ended, nothing is cancelled."""
    try:
        async with asyncio.timeout(2 * OPEN_S), TimedConnection(address.geturl(), clock) as line:
            answer = await line.log_on(key, secret)
            if isinstance(answer, Err):
                return failed("logon", f"{key}: {answer.name}: {answer.message}", _remedy(answer, key, secret))
            await line.ask(lambda number: Logout(request_id=number))
    except DIAL_ERRORS as error:
        return failed("logon", f"{key}: {error or type(error).__name__}", "try again")
    accounts = ", ".join(map(str, answer.accounts))
    return passed("logon", f"{key}: accounts {accounts}, scopes {', '.join(answer.scopes)}")


def _remedy(answer: Err, key: str, secret: Ed25519) -> str:
    if answer.name != "BAD_AUTH":
        return "ask the venue's operator about this key"
    return (
        f"compare with the venue: it must know {key} with the public half {secret.public}, not revoked or expired; its"
        " log says which it was"
    )
