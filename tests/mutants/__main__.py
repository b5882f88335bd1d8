"""`make mutants`: plant every fault, one at a time, and show which test noticed it. Exit code 1 if one lives, or is out
of date: its text no longer stands exactly once in its file, or plants what is no behaviour.

python -m tests.mutants [WORD ...]   # only faults whose name or file has one of these words
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.mutants.faults import FAULTS
from tests.mutants.plant import Verdict, out_of_date, try_fault


def main(words: list[str]) -> int:
    console = Console()
    faults = [fault for fault in FAULTS if not words or any(word in fault.name + fault.file for word in words)]
    if not faults:
        console.print(f"no fault has {' or '.join(words)} in its name or file", markup=False)
        return 2
    stale = out_of_date(faults)
    for reason in stale.values():
        console.print(f"out of date: {reason}", markup=False)
    faults = [fault for fault in faults if fault.name not in stale]
    verdicts: list[Verdict] = []
    with Progress(console=console) as progress, ThreadPoolExecutor(cpu_count()) as pool:
        task = progress.add_task("planting", total=len(faults))
        for verdict in pool.map(try_fault, faults):
            verdicts.append(verdict)
            progress.advance(task)
            if not verdict.noticed or verdict.nonsense:
                what = f"out of date: {verdict.nonsense}:" if verdict.nonsense else "lives:"
                progress.console.print(f"{what} {verdict.fault.name} ({verdict.fault.file})", markup=False)
    table = Table("fault", "in", "noticed by", "s")
    for verdict in verdicts:
        fault = verdict.fault
        table.add_row(
            fault.name,
            fault.file,
            verdict.nonsense or verdict.noticed or "[red]no test[/red]",
            f"{verdict.seconds:.0f}",
        )
    console.print(table)
    noticed = sum(bool(verdict.noticed) and not verdict.nonsense for verdict in verdicts)
    old = len(stale) + sum(bool(verdict.nonsense) for verdict in verdicts)
    console.print(f"{noticed} of {len(faults) + len(stale)} faults noticed, {old} out of date")
    return 0 if noticed == len(faults) + len(stale) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
