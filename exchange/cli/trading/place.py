"""Options of every command that a trader gives to a venue over its socket: the venue's address and the trader's key.

What an option does not say comes from the environment (GPUX_VENUE, GPUX_KEY, GPUX_PROFILE), then from the profile that
`gpux login` wrote. A key is always named by its file. The private key itself is never an argument, a variable or a line
of the profile (SEC-070).
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from cyclopts import Parameter

from exchange.cli.trading import profile
from exchange.errors import UserError

DEFAULT_VENUE = "ws://127.0.0.1:8443"
VENUE_VARIABLE, KEY_VARIABLE, PROFILE_VARIABLE = "GPUX_VENUE", "GPUX_KEY", "GPUX_PROFILE"
KEY_PREFIX = "k_"  # `gpux key make FOLDER NAME` makes the key k_NAME in NAME.pem
EXIT_REFUSED = 1  # the venue has refused
EXIT_UNAVAILABLE = 69  # no venue answers, or the connection was lost before the answer (EX_UNAVAILABLE)


@Parameter(name="*")
@dataclass(frozen=True)
class At:
    """Options of a command that needs a key: where the venue is, and who asks."""

    venue: Annotated[
        str, Parameter(help="Address of the venue; without it GPUX_VENUE, then the profile, then ws://127.0.0.1:8443.")
    ] = ""
    key: Annotated[str, Parameter(help="File of your private key (PEM); without it GPUX_KEY, then the profile.")] = ""
    key_id: Annotated[str, Parameter(help="Id of the key; without it k_NAME for a file NAME.pem.")] = ""
    profile: Annotated[str, Parameter(help="Profile of gpux login; without it GPUX_PROFILE, then default.")] = ""


HERE = At()


class Access(NamedTuple):
    """A venue and a key. `key_file` empty: no key is given."""

    url: str
    key: str = ""
    key_file: str = ""


def place_of(at: At, is_new: bool = False) -> Access:
    """Find venue and key in options, environment and profile. UserError: one of them cannot be.

    is_new   the profile that is named may be missing
    """
    saved = profile.read(profile_name(at), is_new)
    url = check_url(at.venue or os.environ.get(VENUE_VARIABLE, "") or saved.venue or DEFAULT_VENUE)
    given = at.key or os.environ.get(KEY_VARIABLE, "")
    check_no_secret("--key" if at.key else KEY_VARIABLE, given)
    key_file = given or saved.key_file
    if at.key_id and not key_file:
        raise UserError(f"--key-id {at.key_id} needs the file of its private key: --key FILE.pem")
    key = at.key_id or ("" if given else saved.key) or (KEY_PREFIX + Path(key_file).stem if key_file else "")
    return Access(url, key, key_file)


def profile_name(at: At) -> str:
    """Name of the profile that is asked for; empty is the default one."""
    return at.profile or os.environ.get(PROFILE_VARIABLE, "")


def with_key(at: At, is_new: bool = False) -> Access:
    """As `place_of`, with a key. UserError: no key is given, or there is no such file."""
    place = place_of(at, is_new)
    if not place.key_file:
        raise UserError(
            f"this needs your key: --key FILE.pem, {KEY_VARIABLE}, or once `gpux login --key FILE.pem` "
            "(`gpux key make FOLDER NAME --account N` makes one)"
        )
    if not Path(place.key_file).is_file():
        raise UserError(f"no key file {place.key_file}: `gpux key make` says where it wrote the private key")
    return place


def public_place(venue: str) -> Access:
    """The venue of a command that needs no key: one that is set or saved is not used. UserError: it is no address."""
    return Access(place_of(At(venue=venue)).url)


def check_url(url: str) -> str:
    """The address as it was given. UserError: no venue can be there."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise UserError(f"venue {url!r} is no address like {DEFAULT_VENUE}")
    return url


def check_no_secret(name: str, text: str) -> None:
    """Raise UserError, without the text, if it is a private key and not the path of one (SEC-070)."""
    if "-----BEGIN" in text or "\n" in text:
        raise UserError(f"{name} holds a key itself: put the key into a file that only you can read, and give its path")
