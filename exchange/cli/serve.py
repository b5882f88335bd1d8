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
        close: UTC time at which the trading day ends, like 21:00. The next day opens when its settlement is published
            (gpux operator settle). Without it, the market stays open.
        origin: Let web pages of this origin connect, like https://desk.example:8443; may be repeated. Pages of the
            venue's own address can always connect, and so can programs, which have no origin.
    """
    from rich.console import Console

    from exchange.cli import serving
    from exchange.main import Settings

    day, schedule = parse_day("--date", date), serving.parse_close(close)
    settings = Settings(host, port, day, durability=durability, profile=profile, schedule=schedule, origins=origin)
    sys.exit(serving.run_serve(folder, settings, Console(stderr=True)))
