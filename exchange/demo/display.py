"""Tables and figures as the commands show them to people."""

from collections.abc import Collection, Sequence
from typing import Any

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
