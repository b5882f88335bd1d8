"""Wall time of an import in a new interpreter, without the time in which the interpreter itself starts."""

import subprocess
import sys

SCRIPT = "import time\nstart = time.perf_counter()\n{what}\nprint((time.perf_counter() - start) * 1e3)"


def import_ms(what: str, times: int) -> list[float]:
    """Milliseconds of an import statement in so many interpreters, one after another. The first may read the disk."""
    command = [sys.executable, "-c", SCRIPT.format(what=what)]
    subprocess.run(command, check=True, capture_output=True)
    return [float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(times)]
