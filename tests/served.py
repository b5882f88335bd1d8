"""`gpux serve` in a process of its own, on a small engine: what tests kill, starve and start twice.

    with Served(folder, files=64) as served:        # ulimit -n 64
        served.port, served.text, served.ended()

Run as a module it is the real command, with a small engine and one instrument in place of the whole catalogue.
"""

import errno
import os
import re
import resource
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

from exchange import main
from exchange.cli import app as cli
from exchange.main import Settings
from exchange.seams import RealDisk
from tests.gateway.harness import DAY, SYMBOL

ROOT = Path(__file__).parent.parent
SEGMENT_BYTES = 1 << 18
SEGMENTS = "GPUX_TEST_SEGMENTS"


class Served:
    """A running `gpux serve`; leaving the block kills it if it still runs."""

    def __init__(self, folder: Path | str, *options: str, files: int = 0, segments: int = 0) -> None:
        """`files`: most open files, as of `ulimit -n`; `segments`: the disk takes no more of them. 0: no limit."""
        command = [sys.executable, "-m", "tests.served", "serve", str(folder), "--port", "0", *options]
        command.append("--never-close")  # it trades at every time of every day
        limit = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (files, files)) if files else None
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit,
            env={**os.environ, SEGMENTS: str(segments or 10**6)},
        )
        self.text, self.port = "", 0

    def __enter__(self) -> "Served":
        self.until("serving ws://")
        found = re.search(r"ws://127\.0\.0\.1:(\d+)/", self.text)
        self.port = int(found[1]) if found else 0
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.ended()

    def until(self, what: str) -> None:
        """Read on to the line that says this, or to the end."""
        assert self.process.stderr is not None
        while what not in self.text and (line := self.process.stderr.readline()):
            self.text += line

    def ended(self, seconds: float = 240) -> int:
        """Exit code, once it has ended; all that it said is in `text`. It is killed if it has not after this long."""
        late = threading.Timer(seconds, self.process.kill)
        late.start()
        with self.process:  # not `communicate`, which loses what `until` has read ahead
            if self.process.stderr is not None and not self.process.stderr.closed:
                self.text += self.process.stderr.read()
        late.cancel()
        return self.process.returncode


class SmallDisk(RealDisk):
    """Has room for so many segments."""

    def open(self, path: str, create: bool = False, write: bool = True) -> int:
        if path.endswith(".seg.tmp") and int(path[-18:-8]) > int(os.environ[SEGMENTS]):
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().open(path, create, write)


def small(host: str, port: int, day: object, **options: Any) -> Settings:
    """The command's settings, for a small venue."""
    return Settings(
        host, port, DAY, limits="medium", symbols=(SYMBOL,), segment_bytes=SEGMENT_BYTES, disk=SmallDisk(), **options
    )


if __name__ == "__main__":
    main.Settings = small  # type: ignore[assignment, misc]
    cli.main(sys.argv[1:])
