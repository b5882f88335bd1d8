"""Checks of a data folder: whether it is one, whether a venue runs in it, and who may read its keys."""

from pathlib import Path

from exchange.cli.remote.findings import CheckResult, failed, noted, passed
from exchange.cli.remote.key_checks import OTHERS, check_file
from exchange.errors import UserError
from exchange.operator.port import ask, is_served
from exchange.operator.requests import ShowStatus


def check_folder(folder: Path) -> list[CheckResult]:
    """The folder, the venue, and each key file in it or in `keys`, where `gpux market` writes those of its programs."""
    if not folder.is_dir():
        return [failed("folder", f"{folder} is no folder", "gpux serve FOLDER makes one")]
    mode = folder.stat().st_mode & 0o777
    findings = [passed("folder", f"{folder}, mode {mode:03o}")]
    if mode & OTHERS:
        findings = [failed("folder", f"{folder} has mode {mode:03o}: others may enter it", f"chmod 700 {folder}")]
    files = sorted((*folder.glob("*.pem"), *folder.glob("keys/*.pem")))
    if not files:
        findings.append(noted("key files", "none", f"gpux key make {folder} NAME --account N makes a key"))
    return [*findings, _venue(folder), *(check_file(path)[0] for path in files)]


def _venue(folder: Path) -> CheckResult:
    if not is_served(str(folder)):
        remedy = f"gpux serve {folder} starts it; gpux journal verify {folder} checks what it keeps"
        return noted("venue", "no venue runs in this folder", remedy)
    try:
        first, *states = ask(str(folder), ShowStatus())
    except UserError as error:
        return failed("venue", str(error), "gpux operator status says more; the venue's own output has the cause")
    return passed("venue", f"runs: {first}; {', '.join(states[:4])}{', ...' if len(states) > 4 else ''}")
