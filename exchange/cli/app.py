"""The `gpux` command: its list of commands, and its exit codes and messages after a user's mistake.

Each command is a module of this package. A module imports what its command needs when the command runs, so that
`gpux --help` starts quickly.
"""

import os
import sys
from typing import NoReturn

import cyclopts

from exchange.cli import journal, key, operator
from exchange.cli.arguments import EXACT, refusal
from exchange.cli.bench import bench
from exchange.cli.clearing.house import add_commands
from exchange.cli.contracts import contracts
from exchange.cli.demo import demo, market, story
from exchange.cli.history.history import history
from exchange.cli.remote.doctor import doctor
from exchange.cli.remote.probe import probe
from exchange.cli.reports.curve import curve
from exchange.cli.reports.margin import margin
from exchange.cli.reports.statement import statement
from exchange.cli.research.convert import convert
from exchange.cli.research.experiment import experiment
from exchange.cli.research.facts import facts
from exchange.cli.research.replay import replay
from exchange.cli.scenarios import conformance
from exchange.cli.schema import schema
from exchange.cli.serve import serve
from exchange.cli.trading import completion, orders
from exchange.cli.trading.account import fills, limits, positions
from exchange.cli.trading.book import book
from exchange.cli.trading.login import login
from exchange.cli.trading.top import top
from exchange.cli.watch import watch
from exchange.errors import UserError
from exchange.wire.version import RELEASE

HELP = """An exchange for GPU-hour futures.

Exit codes: 0 done, 1 refused by the venue, 2 wrong use, 69 no venue answers, 130 stopped by Ctrl-C; commands that read
a venue's folder have codes of their own for damaged files (65, 70) and for disks (73, 74).
"""
# Ctrl-C comes to `main`, which says that it has stopped.
app = cyclopts.App(name="gpux", help=HELP, version=RELEASE, default_parameter=EXACT, suppress_keyboard_interrupt=False)
COMMANDS = (
    contracts, serve, demo, market, login, top, watch, book, orders.cancel, positions, fills, margin, limits, curve,
    statement, story, replay, convert, facts, experiment, bench, conformance, schema, doctor, probe, history,
)  # fmt: skip
for command in COMMANDS:
    app.command(command)
completion.add_command(app)
add_commands(operator.app)
for group in (orders.app, journal.app, key.app, operator.app):
    app.command(group)


def main(arguments: list[str] | None = None) -> None:
    """Run a command. After a user's mistake print one line on stderr and exit, with code 2 or the code of the error."""
    try:
        _check_text(sys.argv[1:] if arguments is None else arguments)
        app(arguments, exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        fail(refusal(error), 2)
    except UserError as error:
        fail(str(error), error.code)
    except KeyboardInterrupt:
        fail("stopped", 130)
    except BrokenPipeError:
        # The reader has closed the pipe (`gpux contracts | head`). Without this line Python reports it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except SystemExit as ended:
        # A rich console ends with an error code after a closed pipe; here that is no error.
        if isinstance(ended.__context__, BrokenPipeError):
            sys.exit(0)
        raise


def _check_text(arguments: list[str]) -> None:
    """Raise UserError for an argument that is not UTF-8: it could be neither sent nor shown."""
    for place, text in enumerate(arguments, 1):
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise UserError(f"argument {place}, {text!a}, is not UTF-8")


def fail(message: str, code: int) -> NoReturn:
    """Print one line on stderr and exit with a code."""
    print(f"gpux: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
