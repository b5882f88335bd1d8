"""The checks of an address in their order: later ones run only where earlier ones have passed."""

from pathlib import Path

from exchange.cli.remote.address_checks import DATA_PATH, check_reach, check_upgrade, parse_address
from exchange.cli.remote.findings import CheckResult, is_healthy
from exchange.cli.remote.key_checks import check_file, check_logon
from exchange.cli.remote.stream_checks import check_streams
from exchange.seams import Clock


async def examine(
    target: str, clock: Clock, key: str = "", key_file: Path | None = None, origin: str = "", seconds: float = 0
) -> list[CheckResult]:
    """All findings about an address. UserError: it is none."""
    address = parse_address(target)
    findings = await check_reach(address, clock)
    reached = is_healthy(findings)
    if reached:
        upgrade = await check_upgrade(address, clock, origin)
        findings += upgrade
        reached = upgrade[0].state != "fail"
    if key_file is not None:
        finding, secret = check_file(key_file)
        findings.append(finding)
        if secret is not None and reached:
            findings.append(await check_logon(address, clock, key, secret))
    if reached and seconds:
        findings += await check_streams(address._replace(path=DATA_PATH).geturl(), seconds)
    return findings
