"""Profiles of `gpux login`: which venue, and which key file. A profile never holds the private key itself (SEC-070).

A profile is a file of three lines, `name = "value"` (TOML), in ~/.config/gpux or $XDG_CONFIG_HOME/gpux. Only its owner
can read it.
"""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from exchange.errors import UserError

DEFAULT = "default"
NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
FILE_MODE, FOLDER_MODE = 0o600, 0o700


class SavedProfile(NamedTuple):
    """What a profile says; an empty text: nothing."""

    venue: str = ""
    key: str = ""
    key_file: str = ""


def path_of(name: str) -> Path:
    """File of a profile; the empty name is `default`. UserError: it is no name."""
    name = name or DEFAULT
    if NAME.fullmatch(name) is None:
        raise UserError(f"profile {name!r} is not 1 to 32 characters from A-Z a-z 0-9 _ -")
    root = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(root) if root else Path(os.path.expanduser("~")) / ".config"
    return folder / "gpux" / f"{name}.toml"


def read(name: str, is_new: bool = False) -> SavedProfile:
    """The profile of a name; empty if it is missing and is the default one or `is_new`. UserError: another one is
    missing, or a file is broken."""
    path = path_of(name)
    try:
        fields = tomllib.loads(path.read_text())
    except FileNotFoundError:
        if is_new or not name or name == DEFAULT:
            return SavedProfile()
        raise UserError(f"no profile {name} ({path}): gpux login --profile {name} --key FILE.pem makes it") from None
    except (OSError, ValueError) as error:
        raise UserError(f"profile {path}: {error}") from None
    known = {field: fields.pop(field, "") for field in SavedProfile._fields}
    if fields or not all(isinstance(value, str) for value in known.values()):
        raise UserError(f"profile {path}: allowed are the texts {', '.join(SavedProfile._fields)}")
    return SavedProfile(**known)


def write(name: str, profile: SavedProfile) -> Path:
    """Write a profile in place of an older one; returns its file. UserError: it cannot be written."""
    path = path_of(name)
    # A JSON text is a TOML text too.
    lines = [f"{field} = {json.dumps(value)}\n" for field, value in profile._asdict().items()]
    written = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        written.unlink(missing_ok=True)
        handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(handle, "w") as file:
            file.write("".join(lines))
        written.replace(path)
    except OSError as error:
        raise UserError(f"profile {path} cannot be written: {error.strerror or error}") from None
    return path
