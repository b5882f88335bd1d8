"""What a run gives today against what was recorded, and the list of differences that a changed rule explains."""

import re
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from bench.tapes.tape import read_tape
from tests.golden.events_text import replayed

FOLDER = Path(__file__).parent
RULE = re.compile(r"(?P<code>[A-Z]+-\d{3}): (?P<why>.+)")


def versions() -> list[Path]:
    """The folder of each recorded version."""
    return sorted(path for path in FOLDER.iterdir() if path.is_dir() and any(path.glob("*.parquet")))


def tapes() -> list[Path]:
    """Every golden tape, of all versions."""
    return [tape for version in versions() for tape in sorted(version.glob("*.parquet"))]


def difference(tape: Path) -> list[str]:
    """Lines that differ: `@@` with the places, `-` as recorded, `+` as given today; empty if all are equal."""
    recorded = tape.with_suffix(".events").read_text().splitlines()
    now, _ = replayed(read_tape(tape))
    return list(unified_diff(recorded, now, n=0, lineterm=""))[2:]


def listed(tape: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """(rule code, why) of each changed rule, and the lines listed as different; both empty without a list."""
    path = tape.with_suffix(".changed")
    lines = path.read_text().splitlines() if path.exists() else []
    heads = [found for line in lines if (found := RULE.fullmatch(line))]
    return [(head["code"], head["why"]) for head in heads], lines[len(heads) :]


def write_list(tape: Path, reasons: list[str]) -> None:
    """List what differs in a run today under the rules that changed (`CODE: why`); no list where nothing differs."""
    path, lines = tape.with_suffix(".changed"), difference(tape)
    for reason in reasons:
        if RULE.fullmatch(reason) is None:
            raise SystemExit(f"{reason!r} is not a rule's code and why, as in 'MARGIN-016: closing orders pass'")
    if not lines:
        path.unlink(missing_ok=True)
        return
    if not reasons:
        raise SystemExit(f"{tape.stem} differs: which rule changed?")
    path.write_text("\n".join([*reasons, *lines]) + "\n")


def unlisted() -> Iterator[str]:
    """A diff for each run that differs from what is recorded and listed."""
    for tape in tapes():
        lines = difference(tape)
        if lines != listed(tape)[1]:
            yield "\n".join([f"{tape.parent.name}/{tape.stem}", *lines])
