"""The keys of members: made once, kept as PEM files in a folder, and used again at the next start."""

from dataclasses import dataclass

from exchange.errors import UserError
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.operator.port import ask
from exchange.operator.requests import DefineKey
from exchange.operator.signing import load_private
from exchange.seams import RealDisk, RealRng
from exchange.venue.bootstrap import OpenVenue, key_id

SEED_BYTES = 32
NAME = "market"  # key ids are k_market31 and so on
SCOPES = ["read", "trade"]


@dataclass(frozen=True)
class DemoKey:
    """The key of a client: id, account, seed of the private key."""

    key: str
    account: int
    seed: bytes


@dataclass(frozen=True)
class Enrolment:
    """Accounts that get a key each.

    folder          of the private keys
    first           number of the first account
    accounts        how many
    deposit_mills   money of each new one
    """

    folder: str
    first: int
    accounts: int
    deposit_mills: int

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + self.accounts)

    def path(self, account: int) -> str:
        return f"{self.folder}/{NAME}{account}.pem"


def enrol(setup: OpenVenue, enrolment: Enrolment) -> list[DemoKey]:
    """Keys of a venue that is being opened: those in the folder, and new ones for accounts that have none."""
    keys = []
    for account in enrolment.numbers:
        pair = _kept(enrolment, account) or _new(enrolment, account)
        if pair.key not in setup.keys.keys:
            setup.make_key(f"{NAME}{account}", account, enrolment.deposit_mills, tuple(SCOPES), pair.seed)
        keys.append(DemoKey(pair.key, account, pair.seed))
    return keys


def enrol_at(folder: str, enrolment: Enrolment) -> list[DemoKey]:
    """Keys of a venue that serves a folder: its operator's socket is asked to define new ones."""
    keys = []
    for account in enrolment.numbers:
        pair = _kept(enrolment, account)
        if pair is None:
            pair = _new(enrolment, account)
            request = DefineKey(
                key=pair.key, public=encode_bytes(pair.public()), account=account, scopes=SCOPES,
                mills=enrolment.deposit_mills,
            )  # fmt: skip
            try:
                ask(folder, request)
            except UserError:
                RealDisk().unlink(enrolment.path(account))
                raise
        keys.append(DemoKey(pair.key, account, pair.seed))
    return keys


def load(enrolment: Enrolment) -> list[DemoKey]:
    """The keys that are in the folder. UserError: there are none."""
    pairs = [pair for account in enrolment.numbers if (pair := _kept(enrolment, account)) is not None]
    if not pairs:
        raise UserError(f"no key in {enrolment.folder}, like {enrolment.path(enrolment.first)}: `gpux market FOLDER`")
    return [DemoKey(pair.key, pair.account, pair.seed) for pair in pairs]


def _kept(enrolment: Enrolment, account: int) -> KeyPair | None:
    """The key of an account that is in the folder; None: there is none."""
    path = enrolment.path(account)
    if not RealDisk().exists(path):
        return None
    return KeyPair(key_id(f"{NAME}{account}"), account, load_private(path).seed)


def _new(enrolment: Enrolment, account: int) -> KeyPair:
    """Make a key and write its private half, readable by its owner only."""
    disk, path = RealDisk(), enrolment.path(account)
    pair = KeyPair(key_id(f"{NAME}{account}"), account, RealRng().bytes(SEED_BYTES))
    disk.make_folder(enrolment.folder)
    try:
        handle = disk.open(path, create=True)
        try:
            disk.pwrite(handle, pair.pem(), 0)
            disk.fsync(handle)
        finally:
            disk.close(handle)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from None
    return pair
