"""What tests of the commands for an address share: a clock that is wrong, keys as files, findings by name."""

from pathlib import Path

from exchange.cli.remote.findings import CheckResult
from exchange.seams import RealClock
from tests.gateway.sockets import Venue

HOUR_US = 3_600_000_000


class WrongClock(RealClock):
    """This machine's clock, some hours off."""

    def __init__(self, hours: float) -> None:
        self.off_us = int(hours * HOUR_US)

    def wall_us(self) -> int:
        return super().wall_us() + self.off_us


def key_file(venue: Venue, folder: Path, number: int = 0, mode: int = 0o600) -> Path:
    path = folder / f"{venue.keys[number].key}.pem"
    path.write_bytes(venue.keys[number].pem())
    path.chmod(mode)
    return path


def by_name(findings: list[CheckResult]) -> dict[str, CheckResult]:
    assert len({finding.check for finding in findings}) == len(findings)
    return {finding.check: finding for finding in findings}
