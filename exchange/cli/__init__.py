"""The `gpux` command: a module for each command. Modules marked * do the work of a command; they load slowly.

app.py                     the list of commands, and exit codes and messages after a user's mistake
arguments.py, prices.py    read numbers and days, and prices and shares, exactly as typed
contracts.py               `gpux contracts`
  contract_list.py *         lists, filters and compares the contracts of a day
  contract_explained.py *    one contract in words and numbers, or why there is no such contract
serve.py                   `gpux serve`
  serving.py *               starts a venue, reports to the terminal, stops it
key.py                     `gpux key make`
  key_making.py *            makes a key, writes its private half, defines the public one
operator.py                `gpux operator`: requests of an operator to a running venue
journal.py                 `gpux journal verify` and `gpux journal dump`
scenarios.py               `gpux conformance`
  conformance.py *           runs scenario files and reports differences
schema.py                  `gpux schema`
  schema_files.py *          makes schema, tables, limits and test vectors of the protocol
  examples.py *              example messages, from a dialogue of clients with a gateway
remote                     a package: `gpux doctor`, `gpux probe`
watch.py                   `gpux watch`
  watching.py *              the live display of an instrument
trading                    a package: what traders type: `gpux order`, `gpux positions`, `gpux top` and so on
reports                    a package: `gpux statement`, `gpux margin`, `gpux curve`
history                    a package: `gpux history`
bench.py, replay.py        `gpux bench` and `gpux replay`; the package bench does the work
demo.py                    `gpux demo`, `gpux market` and `gpux story`; exchange.demo does the work
"""

import re
import sys

EXTRA = "venue"


def main() -> None:
    """The command `gpux`. Exit code 2: a package of the extra `venue` is not installed, as beside a client alone."""
    try:
        from exchange.cli.app import main as run

        run()
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in packages_of(EXTRA):
            raise
        print(
            f"gpux: the command needs {package}, which is not installed: pip install 'gpux[{EXTRA}]'", file=sys.stderr
        )
        sys.exit(2)


def packages_of(extra: str) -> set[str]:
    """Names of the packages that an extra of this project installs."""
    from importlib.metadata import requires

    lines = [line for line in requires("gpux") or [] if f'extra == "{extra}"' in line.replace("'", '"')]
    return {re.split(r"[^A-Za-z0-9_-]", line, maxsplit=1)[0] for line in lines}
