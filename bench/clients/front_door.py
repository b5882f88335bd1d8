"""How long a newcomer needs: from `git clone` to a trade that is typed in a terminal.

    python -m bench.clients.front_door [REPOSITORY]

Question: is the first trade within five minutes, with two commands (`git clone` and `make play`), on a machine that has
nothing of gpux? The clone is a new folder, its environment and its compiled kernels are new. The third command is the
trade itself. What it does not show: the time to read, and a slower network than this machine's.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

MUST_S = 300.0
READY = "In a terminal:"
SYMBOL = "H100.G90.G27"  # a front month of every day of the year is quoted; this one is of the demo's board
TRIES = 30


def measure(repository: str, folder: Path) -> dict[str, float]:
    """Seconds since the start at the end of each step. RuntimeError: a step failed; its text says which."""
    begin, clone = perf_counter(), folder / "gpux"
    environment = {**os.environ, "GPUX_CACHE": str(folder / "cache"), "PYTHONUNBUFFERED": "1"}
    run(["git", "clone", "--quiet", repository, str(clone)], folder, environment)
    found = {"git clone": perf_counter() - begin}
    with market(clone, environment) as trade:
        found["make play"] = perf_counter() - begin
        trade(clone, environment)
        found["trade"] = perf_counter() - begin
    return found


class TypedTrade:
    """The command of the trade, as the market has printed it for `gpux top`: the same venue and key."""

    def __init__(self, line: str) -> None:
        """`line`: `In a terminal:  PROGRAM top --venue URL --key FILE`."""
        self.options = line.split()[line.split().index("top") + 1 :]

    def __call__(self, clone: Path, environment: dict[str, str]) -> None:
        """Buy one lot at the market. While nobody offers, try again."""
        command = [".venv/bin/gpux", "order", "buy", "1", SYMBOL, "--type", "market", "--tif", "ioc", "--wait", "2"]
        for _ in range(TRIES):
            done = subprocess.run(
                [*command, *self.options], cwd=clone, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode == 0 and "filled" in done.stdout:
                return
        raise RuntimeError(f"no trade: {done.stdout}{done.stderr}")


@contextmanager
def market(clone: Path, environment: dict[str, str]) -> Iterator[TypedTrade]:
    """Run `make play` in a process group of its own until the block ends."""
    process = subprocess.Popen(
        ["make", "play"], cwd=clone, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield await_ready(process)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)


def await_ready(process: "subprocess.Popen[str]") -> TypedTrade:
    """Wait until the market says how to trade by hand."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith(READY):
            return TypedTrade(line)
    raise RuntimeError(f"make play: {''.join(said[-20:])}")


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")


def main() -> int:
    repository = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parents[2])
    with tempfile.TemporaryDirectory(prefix="gpux-front-door-") as folder:
        found = measure(repository, Path(folder))
    for step, seconds in found.items():
        print(f"{step:10} done after {seconds:6.1f} s")
    print(f"needed: {MUST_S:.0f} s")
    return 0 if found["trade"] <= MUST_S else 1


if __name__ == "__main__":
    sys.exit(main())
