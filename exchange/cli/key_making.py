"""Does the work of `gpux key make`: makes a key, writes its private half, and defines its public half at the venue.

With `--public` the key was made elsewhere, as in a web page, and only its public half is known here.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec
from rich.console import Console

from exchange.cli.operator import NOBODY, By
from exchange.cli.serving import check_catalogue, warm_up_shown
from exchange.engine.control.registry import encode_payload
from exchange.errors import UserError
from exchange.gateway.auth import KeyPair, decode_bytes, encode_bytes
from exchange.gateway.keys import KeyDefinition
from exchange.journal.folder_lock import make_data_folder
from exchange.limits import NAMED
from exchange.main import Settings, prepare
from exchange.operator.acts import Act
from exchange.operator.port import MayBeDone, ask, is_served
from exchange.operator.requests import REASON_MAX, DefineKey
from exchange.operator.signing import load_private
from exchange.seams import RealDisk
from exchange.venue.bootstrap import check_key, key_id
from exchange.venue.loop import run_loop

SEED_BYTES = 32


def make_key(
    folder: str,
    name: str,
    account: int,
    deposit_mills: int,
    scopes: tuple[str, ...],
    firm: int,
    key_file: str,
    settings: Settings,
    console: Console,
    by: By = NOBODY,
    public: str = "",
) -> tuple[KeyPair, str]:
    """Make a key, write its private half to a file, and define its public half at the venue.

    Only the owner of the file can read it. A running venue is asked to define the public half. If no venue serves the
    folder, this function opens it and journals the definition without a signature; the owner of a folder may do that.

    key_file   path of the file; empty: NAME.pem in the data folder
    by         the operator's key file, and the reason
    public     public half of a key that was made elsewhere: no file is written
    returns    the key, without its seed if it was made elsewhere, and the path of its file, empty then
    UserError: the key, its file or the folder is not valid, or the venue refuses
    """
    disk = RealDisk()
    _check_public(public, key_file)
    path = "" if public else key_file or f"{folder}/{name}.pem"
    pair = KeyPair(key_id(name), account, b"" if public else settings.rng.bytes(SEED_BYTES))
    request = DefineKey(
        key=pair.key, public=public or encode_bytes(pair.public()), account=account, scopes=list(scopes), firm=firm,
        mills=deposit_mills, reason=by.reason,
    )  # fmt: skip
    definition = KeyDefinition(pair.key, request.public, [account], request.scopes, firm)
    check_key(definition, deposit_mills, NAMED[settings.limits].accounts)  # a refused key makes no folder
    if path:
        _check_file(disk, path, folder)
    served = is_served(folder)
    if not served:
        _check_unserved(folder, by, settings)
    make_data_folder(disk, folder)
    kept = _private_file(disk, path, pair) if path else nullcontext()
    if served:
        with kept:
            _define_at_running(folder, request, by, console)
        return pair, path
    run_loop(warm_up_shown(settings, console))
    act = encode_payload(Act(msgspec.json.encode(request).decode()))
    with prepare(folder, settings) as setup, kept:
        setup.make_key(name, account, deposit_mills, scopes, pair.seed, firm, act, public)
    return pair, path


def _define_at_running(folder: str, request: DefineKey, by: By, console: Console) -> None:
    """Ask the venue that serves the folder, and show its answer. UserError: it refuses."""
    for line in ask(folder, request, load_private(by.sign) if by.sign else None):
        console.print(line, markup=False, highlight=False)


def _check_public(public: str, key_file: str) -> None:
    """Raise UserError if a text that was given is no public key, or a file for the private one is named too."""
    if public and key_file:
        raise UserError("--public and --file: give one of them; the private half of that key is elsewhere")
    try:
        decode_bytes(public)
    except ValueError:
        raise UserError(f"--public {public!r} is no key: it is base64url of 32 bytes, 43 characters") from None


def _check_file(disk: RealDisk, path: str, folder: str) -> None:
    """Raise UserError if the private key cannot be written to `path`. The data folder itself may be missing."""
    if disk.exists(path):
        raise UserError(f"{path} exists already: a private key is never overwritten")
    parent = Path(path).parent
    if parent.absolute() != Path(folder).absolute() and not parent.is_dir():
        raise UserError(f"{path} cannot be written: there is no folder {parent}")


def _check_unserved(folder: str, by: By, settings: Settings) -> None:
    """Raise UserError if an option needs a running venue, or a new venue could not list contracts."""
    if by.sign:
        raise UserError(f"no venue of {folder} is running: only one that runs checks signatures (--sign)")
    if len(by.reason) > REASON_MAX:
        raise UserError(f"a reason of {len(by.reason)} characters: at most {REASON_MAX}")
    check_catalogue(settings)


@contextmanager
def _private_file(disk: RealDisk, path: str, pair: KeyPair) -> Iterator[None]:
    """Write the private half before the body defines the public one; delete it if the venue refuses.

    If the venue may know the public half, the file stays: nobody could use that key without it.
    """
    try:
        write_private(disk, path, pair)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from None
    try:
        yield
    except MayBeDone as error:
        raise UserError(f"{error}; the venue may know the key, so {path} stays", error.code) from None
    except UserError:
        disk.unlink(path)
        raise


def write_private(disk: RealDisk, path: str, pair: KeyPair) -> None:
    """Write the private key as PEM, mode 0600."""
    handle = disk.open(path, create=True)
    try:
        disk.pwrite(handle, pair.pem(), 0)
        disk.fsync(handle)
    finally:
        disk.close(handle)
