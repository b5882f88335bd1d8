"""The `gpux` command: one thin function a command, implementations imported when called."""

import os
import sys
from typing import NoReturn

import cyclopts

from exchange.errors import UserError

app = cyclopts.App(name="gpux", help="An exchange for GPU-hour futures.", version="0.1.0")
journal_app = cyclopts.App(name="journal", help="Check and read the journal of a data folder.")
app.command(journal_app)


@app.command
def contracts(
    symbol: str = "",
    *,
    chip: str = "",
    tier: str = "",
    kind: str = "",
    family: str = "",
    date: str = "",
    symbol_glob: str = "",
    json: bool = False,
    spec: str = "",
) -> None:
    """List the contracts of a day, or explain one in plain words with its numbers.

    Parameters
    ----------
    symbol: Explain this contract, like H100.G90.F27; without it all are listed.
    chip: Only this chip, like H100.
    tier: Only this goodput tier, like G90.
    kind: Only month, quarter, year, term3, term5, calendar, tier or strip.
    family: Only PHY, IDX, INF, TOP, PWS or GPX.
    date: Trading day, like 2026-11-23; without it today.
    symbol_glob: Only symbols like this, with * and ?: 'H100.G90.*'.
    json: Print JSON.
    spec: Folder of other specification files.
    """
    from exchange import contracts_command

    filters = contracts_command.Filters(chip, tier, kind, family, symbol_glob)
    contracts_command.contracts(symbol, filters, date, json, spec)


@journal_app.command
def verify(folder: str, *, deep: bool = False) -> None:
    """Check every frame, link, header and snapshot of a data folder; it is only read. Exit code 65 at damage.

    Parameters
    ----------
    folder: Data folder, as given to `gpux serve`.
    deep: Replay it too, and compare events and state with what was recorded.
    """
    from exchange.journal import verify as verification

    print(verification.summary(verification.verify(folder, deep)))


@journal_app.command
def dump(folder: str, *, seq: str = "1-") -> None:
    """Print the records of a data folder as JSON lines; it is only read.

    Parameters
    ----------
    folder: Data folder, as given to `gpux serve`.
    seq: Sequences to print: A-B, A- or A.
    """
    from exchange.journal import dump as dumping

    for line in dumping.dump(folder, *dumping.parse_range(seq)):
        print(line)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: a user's mistake is one line on stderr and exit code 2; commands return other codes themselves."""
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        fail(str(error), 2)
    except UserError as error:
        fail(str(error), error.code)
    except KeyboardInterrupt:
        fail("stopped", 130)
    except BrokenPipeError:
        # The reader of a pipe has seen enough (`gpux contracts | head`); Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def fail(message: str, code: int) -> NoReturn:
    """End with one line on stderr."""
    print(f"gpux: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
