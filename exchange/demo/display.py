"""Tables and figures as the commands show them to people."""

from collections.abc import Collection, Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from exchange.errors import UserError


def figures_table(names: Sequence[str], left: Collection[str], **look: Any) -> Table:
    """An empty table with these columns: words at the left, figures at the right.

    left  names of the columns of words
    look  as for `Table`
    """
    table = Table(**look)
    for name in names:
        table.add_column(name, justify="left" if name in left else "right")
    return table


def print_whole(table: Table, spare: Sequence[str] = ()) -> None:
    """Print a table of which no cell is cut: in a pipe as wide as it is, in a terminal without columns that do not fit.

    spare  names of columns that are taken out until the table fits, the one that is missed least first
    """
    console = Console()
    left_out: list[str] = []
    for name in spare if console.is_terminal else ():
        if _whole_width(table, console) <= console.width:
            break
        table.columns[:] = [column for column in table.columns if column.header != name]
        left_out.append(name)
    Console(width=_whole_width(table, console)).print(table)
    if left_out:
        print(f"without {', '.join(left_out)}: the terminal has {console.width} columns")


def _whole_width(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update(max_width=1_000), table).maximum


def finish_axes(*axes: Any) -> None:
    """Give Matplotlib axes their grid and legend."""
    for one in axes:
        one.grid(alpha=0.3)
        one.legend(loc="best", fontsize="small")


def save_figure(figure: Any, path: Any) -> None:
    """Write a Matplotlib figure into the file of an option `--plot`. UserError: it cannot be written."""
    try:
        figure.savefig(path)
    except OSError as error:
        raise UserError(f"--plot {path}: {error.strerror or error}") from None
