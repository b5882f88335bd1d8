"""`gpux serve`: runs the venue of a data folder (`serving`)."""

import sys

from exchange.cli.arguments import parse_day


def serve(
    folder: str,
    *,
    port: int = 8443,
    host: str = "127.0.0.1",
    date: str = "",
    durability: str = "local",
    profile: str = "standard",
    close: str = "",
    settle_after: int = 0,
    never_close: bool = False,
    origin: tuple[str, ...] = (),
) -> None:
    """Run the venue of a data folder; an empty or missing folder becomes a new one. Ctrl-C stops it cleanly.

    Args:
        folder: Data folder: journal, snapshots, derived stores.
        port: TCP port; 0 lets the system choose.
        host: Address to listen on; only loopback without a certificate.
        date: Trading day of a new venue's catalogue, like 2026-11-23; without it, today.
        durability: local: acknowledge a command after it is synced to disk; none: never wait for the disk, for tests.
        profile: Limits of clients: standard, or loopback for benchmarks and demos.
        close: UTC time at which the trading day ends, like 20:30 or 20:30:15; without it, 21:00. The venue then settles
            all instruments, pays variation margin, and opens the next day.
        settle_after: Seconds from the close in which people may give prices (gpux operator settle) before the venue
            settles by itself.
        never_close: The market never closes: no settlement, no variation margin, and DAY orders do not end. Months
            never end and nothing new is listed, no index value is taken, and spot months stay as they are.
        origin: Let web pages of this origin connect, like https://desk.example:8443; may be repeated. Pages of the
            venue's own address can always connect, and so can programs, which have no origin.
    """
    from rich.console import Console

    from exchange.cli import serving
    from exchange.main import Settings

    day, schedule = parse_day("--date", date), serving.day_schedule(close, never_close, settle_after)
    settings = Settings(host, port, day, durability=durability, profile=profile, schedule=schedule, origins=origin)
    sys.exit(serving.run_serve(folder, settings, Console(stderr=True)))
