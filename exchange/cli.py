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
