"""What the notebooks share: their options, and pictures as files.

A notebook is a Python file in the percent format: an editor, or `jupytext --to ipynb`, shows its cells. In a notebook
there are no options, and everything has its usual value.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.extras import check_package, is_folder
from bench.research.sources import Source, is_generated, open_source
from bench.tapes.tape import Tape
from exchange.errors import UserError

OUT = Path("tutorial")
DOTS_AN_INCH = 110
PACKAGES = {"polars": "research", "matplotlib": "plot"}  # what a notebook imports, with the extra that installs it


@dataclass(frozen=True)
class NotebookOptions:
    """The options of a notebook.

    out     folder for pictures and tapes; it exists
    quick   whether this is a short run, for a look at the notebook
    tape    what it works on; of a notebook without a source None
    name    of the source, as it was typed
    """

    out: Path
    quick: bool
    tape: Tape | None = None
    name: str = ""

    @property
    def source(self) -> Tape:
        """The tape of a notebook that has a source."""
        assert self.tape is not None
        return self.tape


def options(
    text: str | None,
    *,
    source: str = "",
    commands: tuple[int, int] = (0, 0),
    packages: Mapping[str, str] = PACKAGES,
    arguments: Sequence[str] | None = None,
) -> NotebookOptions:
    """Read the options of a notebook, and open its source. It exits with a message if one of them is wrong, or if a
    package is missing. So a notebook calls it before it imports any of these.

    text        docstring of the notebook, for --help
    source      the usual one, a flow; empty: the notebook takes none
    commands    of a flow: in a whole run, and in a quick one
    packages    that the notebook imports, with the extra that installs each
    arguments   as typed; None: those of this program, and none inside a notebook

    What a later cell finds wrong in its source ends the program with a message too.
    """
    sys.excepthook = say
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT, help=f"folder for pictures, made if needed (usual: {OUT})")
    parser.add_argument("--quick", action="store_true", help="a short run")
    if source:
        kinds = "a tape, a data folder, a LOBSTER, ITCH or DBN file, or a flow"
        parser.add_argument("--source", default=source, help=f"{kinds} (usual: {source})")
        parser.add_argument("--seed", type=int, default=1, help="of a flow")
        parser.add_argument("--messages", type=Path, help="message file of a LOBSTER pair, instead of --source")
        parser.add_argument("--book", type=Path, help="order-book file of the pair")
    if arguments is None:
        arguments = [] if "ipykernel" in sys.modules else sys.argv[1:]
    typed = parser.parse_args(arguments)
    try:
        for package, extra in packages.items():
            check_package("the tutorial", package, extra)
        if not source:
            return NotebookOptions(made_folder(typed.out), typed.quick)
        tape = opened(typed, commands[typed.quick])
        return NotebookOptions(made_folder(typed.out), typed.quick, tape, str(typed.messages or typed.source))
    except UserError as error:
        sys.exit(str(error))


def say(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    """Show an error that ends the program: one of the user without its traceback."""
    if issubclass(kind, UserError):
        print(error, file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, at)


def opened(typed: argparse.Namespace, commands: int) -> Tape:
    """The tape that was asked for. UserError: there is none, or it is damaged."""
    pair = [path for path in (typed.messages, typed.book) if path is not None]
    if len(pair) == 1:
        raise UserError("--messages and --book: a LOBSTER pair needs both")
    source: Source = (typed.messages, typed.book) if pair else typed.source
    flow = {"commands": commands, "seed": typed.seed} if is_generated(source) else {}
    return open_source(source, **flow)


def made_folder(folder: Path) -> Path:
    """A folder, made if it is not there. UserError: it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {folder}: {error.strerror or error}") from None
    assert is_folder(folder)
    return folder


def save(figure: Any, folder: Path, name: str) -> None:
    """Write a picture and say where it is."""
    path = folder / name
    figure.savefig(path, dpi=DOTS_AN_INCH)
    print(f"picture: {path}")
