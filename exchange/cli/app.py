"""The `gpux` command: one thin function a command, implementations imported when called."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import cyclopts

from exchange.cli import operator as operator_cli
from exchange.errors import UserError
from exchange.operator.arguments import EXACT, parse_day, refusal
from exchange.wire.version import RELEASE

app = cyclopts.App(name="gpux", help="An exchange for GPU-hour futures.", version=RELEASE, default_parameter=EXACT)
journal_app = cyclopts.App(name="journal", help="Check and read the journal of a data folder.")
app.command(journal_app)
key_app = cyclopts.App(name="key", help="Make keys for clients.")
app.command(key_app)
app.command(operator_cli.app)


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
    against: str = "",
) -> None:
    """List the contracts of a day, or explain one in plain words with its numbers.

    Args:
        symbol: Explain this contract, like H100.G90.F27; without it all are listed.
        chip: Only this chip, like H100.
        tier: Only this goodput tier, like G90.
        kind: Only month, quarter, year, term3, term5, calendar, tier or strip.
        family: Only PHY, IDX, INF, TOP, PWS or GPX.
        date: Trading day, like 2026-11-23; without it today.
        symbol_glob: Only symbols like this, with * and ?: 'H100.G90.*'.
        json: Print JSON.
        spec: Folder of other specification files.
        against: Folder of the files in force: ask only whether those of --spec may follow them on that day.
    """
    from exchange.cli import contracts as contracts_command

    filters = contracts_command.Filters(chip, tier, kind, family, symbol_glob)
    if against:
        contracts_command.check_alone("--against", filters, symbol, json)
        contracts_command.show_changes(spec, against, date)
        return
    contracts_command.contracts(symbol, filters, date, json, spec)


@app.command
def bench(*names: str, quick: bool = False, results: Path = Path("results")) -> None:
    """Measure the engine and its peers, and print one table; wrong results fail.

    Args:
        names: Questions: mixed, churn, passive, sweep, growth, kinds, implied, quotes,
            uncross, peers, memory, start, gateway; all without names.
        quick: Shorter flows and fewer repeats: a look, not a figure to quote.
        results: Folder for the result files.
    """
    from bench import suite

    sys.exit(suite.run_bench(list(names), quick, results))


@app.command
def replay(
    source: str,
    *,
    messages: Path | None = None,
    book: Path | None = None,
    save: Path | None = None,
    plot: Path | None = None,
    seed: int | None = None,
    commands: int | None = None,
) -> None:
    """Replay recorded or generated commands through the engine: commands/s, fills, state hash, checks.

    Args:
        source: A tape (FILE.parquet), a venue's data folder, the word lobster, or a flow: mixed, churn, passive, sweep.
        messages: LOBSTER message file, for lobster.
        book: LOBSTER order-book file of the same messages; every book state is compared.
        save: Write what was replayed as a tape (.parquet).
        plot: Draw prices, trades and the last book of the busiest instrument into this file (.png, .svg, .pdf).
        seed: Seed of a generated flow; without it 1.
        commands: Length of a generated flow.
    """
    from bench import replay as replaying

    choice = replaying.Choice(messages, book, seed, commands)
    sys.exit(replaying.replay_source(source, choice, replaying.Output(save, plot)))


@app.command
def conformance(*files: str, reference: bool = False) -> None:
    """Run scenario files against the engine and print what differs. Exit code 1 if a scenario fails.

    Args:
        files: Scenario files, one scenario a line: id | rule codes | parameters | book before | messages | events.
        reference: Run them against the reference instead: slow, plain Python, the readable specification.
    """
    from exchange.cli import conformance as command

    if not files:
        raise UserError("conformance: no FILE given, allowed: one or more scenario files")
    lines, exit_code = command.conformance(list(files), reference)
    for line in lines:
        print(line, flush=True)
    sys.exit(exit_code())


@journal_app.command
def verify(folder: str, *, deep: bool = False) -> None:
    """Check every frame, link, header, snapshot and derived store of a data folder; it is only read. Exit code 65 at
    damage.

    Args:
        folder: Data folder, as given to `gpux serve`.
        deep: Replay it too, and compare events and state with what was recorded.
    """
    from exchange.journal.verify import summary
    from exchange.venue.folder_check import verify_folder

    print(summary(verify_folder(folder, deep)))


@journal_app.command
def dump(folder: str, *, seq: str = "1-") -> None:
    """Print the records of a data folder as JSON lines; it is only read.

    Args:
        folder: Data folder, as given to `gpux serve`.
        seq: Sequences to print: A-B, A- or A.
    """
    from exchange.journal import dump as dumping

    for line in dumping.dump(folder, *dumping.parse_range(seq)):
        print(line)


@app.command
def demo(*, seconds: float = 60.0, seed: int = 1, json: bool = False, folder: str = "") -> None:
    """Run a venue with makers and takers over websockets, then check all it did. Exit code 1 if a check fails.

    Args:
        seconds: How long to trade.
        seed: Decides what the takers do.
        json: Print the result as JSON.
        folder: Keep the venue's data in this new folder; without it they are deleted.
    """
    from exchange.demo.run import demo as run_demo

    sys.exit(run_demo(seconds, seed, json, folder))


@app.command
def watch(symbol: str, *, url: str = "ws://127.0.0.1:8443", levels: int = 8, seconds: float = 0.0) -> None:
    """Show the live ladder and the trades of one instrument; Ctrl-C ends it.

    Args:
        symbol: Instrument, like H100.G90.F27.
        url: Where the venue is.
        levels: Price levels a side.
        seconds: End after this time; without it, at Ctrl-C.
    """
    from clients.watch import watch as run_watch
    from exchange.venue.loop import run_loop

    run_loop(run_watch(url, symbol, levels, seconds))


@app.command
def serve(
    folder: str,
    *,
    port: int = 8443,
    host: str = "127.0.0.1",
    date: str = "",
    durability: str = "local",
    profile: str = "standard",
    close: str = "",
    awake: int | None = None,
    origin: tuple[str, ...] = (),
) -> None:
    """Run the venue of a data folder; an empty or missing folder becomes a new one. Ctrl-C stops it cleanly.

    Args:
        folder: Data folder: journal, snapshots, derived stores.
        port: TCP port; 0 lets the system choose.
        host: Address to listen on; only loopback without a certificate.
        date: Trading day of a new venue's catalogue, like 2026-11-23; without it today.
        durability: local: acknowledged when synced to disk; none: never waits for the disk, for tests.
        profile: Limits of clients: standard, or loopback for benchmarks and demos.
        close: The day ends at this UTC time, like 21:00, and the next opens once its settlement is published (gpux
            operator settle); without it the market stays open.
        awake: Microseconds for which the event loop does not sleep after a command (400): a quicker answer to the next
            one for some work of a core; 0 to 10000.
        origin: Web pages of this origin may connect, like https://desk.example:8443; give it once for each. Pages of
            the venue's own address always may, and programs, which have no origin.
    """
    from rich.console import Console

    from exchange.cli import serve as serve_command
    from exchange.main import Settings
    from exchange.venue.loop import AWAKE_US

    day, schedule = parse_day("--date", date), serve_command.parse_close(close)
    awake_us = AWAKE_US if awake is None else awake
    settings = Settings(
        host, port, day, durability=durability, profile=profile, schedule=schedule, awake_us=awake_us, origins=origin
    )
    sys.exit(serve_command.run_serve(folder, settings, Console(stderr=True)))


@key_app.command(name="make")
def key_make(
    folder: str,
    name: str,
    *,
    account: int,
    deposit: int = 0,
    scopes: str = "read,trade",
    firm: int = 0,
    date: str = "",
    file: str = "",
    by: operator_cli.By = operator_cli.NOBODY,
) -> None:
    """Make a key for an account, whether the venue runs or not; the account is defined if it is new.

    Args:
        folder: Data folder of the venue; a new one is made if there is none.
        name: The key's id will be k_NAME; the private key goes to FOLDER/NAME.pem, readable by its owner only.
        account: Account number.
        deposit: Money to pay in, in mills.
        scopes: What the key may do: read, trade, cancel, dc, risk; separated by commas. admin, alone, is an operator.
        firm: Clearing firm of the key, and of the account if it is new; 0 is none.
        date: Trading day of a new venue's catalogue; without it today.
        file: Where the private key goes instead.
    """
    from rich.console import Console

    from exchange.cli import serve as serve_command
    from exchange.main import Settings

    settings = Settings(day=parse_day("--date", date))
    chosen = tuple(scope.strip() for scope in scopes.split(","))
    console = Console(stderr=True)
    pair, path = serve_command.make_key(folder, name, account, deposit, chosen, firm, file, settings, console, by)
    print(f"private key of {pair.key} (account {pair.account}, scopes {scopes}) in {path}")


def main(arguments: list[str] | None = None) -> None:
    """Entry point: a user's mistake is one line on stderr and exit code 2; commands return other codes themselves."""
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
        # The reader of a pipe has seen enough (`gpux contracts | head`); Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except SystemExit as ended:
        # A rich console has met the same, and would call it a failure.
        if isinstance(ended.__context__, BrokenPipeError):
            sys.exit(0)
        raise


def _check_text(arguments: list[str]) -> None:
    """UserError for bytes that are no UTF-8: they could be neither sent nor shown."""
    for place, text in enumerate(arguments, 1):
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise UserError(f"argument {place}, {text!a}, is not UTF-8")


def fail(message: str, code: int) -> NoReturn:
    """End with one line on stderr."""
    print(f"gpux: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
