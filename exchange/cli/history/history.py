"""`gpux history`: trades and candles of a data folder as Parquet, a file a trading day (`day_writer`)."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def history(
    folder: str,
    out: Path = Path("history"),
    *,
    chip: str = "",
    symbols: tuple[str, ...] = (),
    first: Annotated[str, Parameter(name="--from")] = "",
    last: Annotated[str, Parameter(name="--to")] = "",
    interval: str = "1m",
    json: bool = False,
) -> None:
    """Write the trades and candles of a data folder as Parquet, two files a trading day. Files of days that are over
    are complete: they are checked again, and never changed.

    Args:
        folder: Data folder of a venue, running or not. Its journal is replayed, without changing it.
        out: Folder for the files; it is made.
        chip: Only instruments of this chip, like H100.
        symbols: Only this instrument, like H100.G90.F27; repeatable.
        first: First trading day, like 2026-11-23.
        last: Last trading day, like 2026-11-30.
        interval: Interval of the candles: 1m, 1h or 1d.
        json: Print JSON, a line for each file.
    """
    from exchange.cli.arguments import parse_day
    from exchange.cli.history import day_writer

    days = parse_day("--from", first), parse_day("--to", last)
    wanted = day_writer.Wanted(folder, out, chip, symbols, *days, interval)
    written = 0
    for line in day_writer.write_days(wanted, as_json=json):
        print(line)
        written += 1
    if not written and not json:
        print(f"{folder}: no trading day between {first or 'its first'} and {last or 'its last'}")
