"""The `gpux` command: one thin function a command, implementations imported when called."""

import os
import sys
from typing import NoReturn

import cyclopts

from exchange.errors import UserError

app = cyclopts.App(name="gpux", help="An exchange for GPU-hour futures.", version="0.1.0")
journal_app = cyclopts.App(name="journal", help="Check and read the journal of a data folder.")
app.command(journal_app)


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
