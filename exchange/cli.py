"""The `gpux` command: one thin function a command, implementations imported when called."""

import sys

import cyclopts

from exchange.errors import UserError

app = cyclopts.App(name="gpux", help="An exchange for GPU-hour futures.", version="0.1.0")
journal_app = cyclopts.App(name="journal", help="Check and read the journal of a data folder.")
app.command(journal_app)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: a user's mistake is one line on stderr and its exit code."""
    try:
        app(arguments)
    except UserError as error:
        print(f"gpux: {error}", file=sys.stderr)
        sys.exit(error.code)


if __name__ == "__main__":
    main()
