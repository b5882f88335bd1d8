"""Checks before work begins that optional packages are installed and output files can be written."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from exchange.errors import UserError


def check_package(asks: str, package: str, extra: str) -> None:
    """Raise UserError if an optional package is not installed.

    asks    option or file that needs it, for the message
    extra   name of the extra that installs it
    """
    if find_spec(package) is None:
        raise UserError(f"{asks} needs {package}, which is not installed: pip install 'gpux[{extra}]'")


def check_file(option: str, path: Path, endings: Sequence[str]) -> None:
    """Raise UserError if an option names a file that cannot be written. `endings`: allowed ends of its name."""
    if path.suffix.lower() not in endings:
        raise UserError(f"{option} {path}: found ending {path.suffix!r}, allowed: {', '.join(endings)}")
    if is_folder(path):
        raise UserError(f"{option} {path}: this is a folder")
    if not is_folder(path.parent):
        raise UserError(f"{option} {path}: no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"{option} {path}: this user may not write in {path.parent}")


def check_folder(option: str, path: Path) -> None:
    """Raise UserError if an option names a folder in which no file can be written."""
    if not is_folder(path):
        raise UserError(f"{option} {path}: no such folder")
    if not os.access(path, os.W_OK | os.X_OK):
        raise UserError(f"{option} {path}: this user may not write in it")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file beside `path` to write, which then gets its name. UserError: it cannot be written; nothing is left."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            part.unlink()


def mode_of(path: Path) -> int:
    """File mode of a path, from `stat`. 0: there is no file, or no file can have this name."""
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def is_folder(path: Path) -> bool:
    """Whether a path is an existing folder."""
    return stat.S_ISDIR(mode_of(path))
