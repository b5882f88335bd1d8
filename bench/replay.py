"""Replays recorded or generated commands through the engine. Reports time, fills and state hash, and checks them.

`gpux replay` calls `replay_source`. A flow, a LOBSTER pair and a native file become a tape first (bench.tapes), and all
tapes run in the same loop. A venue's data folder runs frame by frame, as in recovery.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.extras import check_file, check_package, is_folder, mode_of
from bench.plot import check_plot, draw_tape
from bench.readers.book_check import check_books
from bench.readers.itch_frames import CENT
from bench.research.event_columns import REFUSALS
from bench.research.sources import (
    GENERATED,
    OF_IMPORT,
    folder_tape,
    kind_of,
    lobster_tape,
    open_source,
    options_of_import,
)
from bench.tapes.market import engine_at
from bench.tapes.metadata import TapeFacts
from bench.tapes.parts import Part
from bench.tapes.reader import TapeReader
from bench.tapes.run import check_control, pieces
from bench.tapes.tape import ENDING, Tape, TapeControl, read_tape, write_tape
from exchange.codes import RejectReason
from exchange.engine.engine import Engine, bound_apply
from exchange.engine.event_rows import count_events
from exchange.engine.trade_rows import count_trades
from exchange.errors import UserError
from exchange.kernel import source_hash
from exchange.limits import NAMED
from exchange.units import NS_PER_S


@dataclass(frozen=True)
class ReplaySummary:
    """Figures of a replay."""

    rows: int
    controls: int
    engine_ns: int  # time of running the rows, without reading and counting
    events: int
    fills: int  # number of trades
    refused: Counter[str]
    state_hash: str

    def lines(self) -> list[str]:
        rate = self.rows * NS_PER_S / max(1, self.engine_ns)
        refused = ", ".join(f"{count:,} {reason}" for reason, count in self.refused.most_common()) or "none"
        return [
            f"commands    {self.rows:,} in {self.engine_ns / NS_PER_S:.3f} s: {rate:,.0f} commands/s, "
            f"and {self.controls:,} controls",
            f"events      {self.events:,}",
            f"fills       {self.fills:,} trades",
            f"refused     {refused}",
            f"state hash  {self.state_hash}",
        ]

    def figures(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "commands": self.rows,
            "controls": self.controls,
            "seconds": self.engine_ns / NS_PER_S,
            "commands_per_s": self.rows * NS_PER_S / max(1, self.engine_ns),
            "events": self.events,
            "fills": self.fills,
            "refused": self.refused,
            "state_hash": self.state_hash,
        }


class ReplayPrint:
    """Prints what a replay finds: lines at once or, as JSON, all figures in one object at the end."""

    def __init__(self, as_json: bool = False) -> None:
        self.console = Console(stderr=as_json, highlight=False, markup=False)  # for progress bars too
        self._as_json = as_json
        self._figures: dict[str, Any] = {}

    def add(self, lines: Iterable[str], **figures: Any) -> None:
        """Lines for people, and what they say as plain values."""
        self._figures |= figures
        if not self._as_json:
            self.console.print("\n".join(lines), soft_wrap=True)

    def finish(self) -> None:
        """Print the JSON, if it is asked for and anything was found."""
        if self._as_json and self._figures:
            print(json.dumps(self._figures))


class Meter:
    """An engine that counts and times its work. It is a `journal.replay.EngineLike`."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.states = engine, engine.states
        self._rows = self._controls = self._engine_ns = self._events = self._fills = 0
        self._refused: Counter[str] = Counter()

    @property
    def sequence(self) -> int:
        return self.engine.sequence

    @property
    def time_ns(self) -> int:
        return self.engine.time_ns

    def state_hash(self) -> bytes:
        return self.engine.state_hash()

    def apply(self, commands: np.ndarray) -> np.ndarray:
        start = perf_counter_ns()
        events = self.engine.apply(commands)
        self._engine_ns += perf_counter_ns() - start
        self._rows += len(commands)
        return self._counted(events)

    def control(self, row: np.ndarray, payload: bytes) -> np.ndarray:
        self._controls += 1
        return self._counted(self.engine.control(row, payload))

    def _counted(self, events: np.ndarray) -> np.ndarray:
        self._events += count_events(events)
        self._fills += count_trades(events)
        reasons = events["reason"][np.isin(events["kind"], REFUSALS)]
        self._refused.update(RejectReason(reason).abbreviation for reason in reasons)
        return events

    def summary(self) -> ReplaySummary:
        """The summary so far, with the hash of the present state."""
        state_hash = self.state_hash().hex()
        return ReplaySummary(
            self._rows, self._controls, self._engine_ns, self._events, self._fills, self._refused, state_hash
        )


def replay_tape(tape: Tape, engine: Engine, progress: Callable[[int], None], title: str = "tape") -> ReplaySummary:
    """Run a whole tape on an engine.

    progress   called with the number of commands since its last call
    title      name of the tape in messages
    UserError: the engine refuses a control
    """
    return replay_parts(tape.parts(), engine, progress, title)


def replay_parts(
    parts: Iterable[Part], engine: Engine, progress: Callable[[int], None], title: str = "tape"
) -> ReplaySummary:
    """As `replay_tape`, for the parts of a tape of any length. UserError also from the parts."""
    meter = Meter(engine)
    for piece in pieces(parts):
        if isinstance(piece, TapeControl):
            check_control(engine, piece, title)
            meter.control(piece.row, piece.payload)
            progress(1)
        else:
            meter.apply(piece)
            progress(len(piece))
    return meter.summary()


@dataclass(frozen=True)
class Output:
    """Files to write after a replay: a native tape and a picture, if asked for."""

    save: Path | None = None
    plot: Path | None = None

    def check(self) -> None:
        """Raise UserError if a file cannot be written. Call it before the replay, which may be long."""
        if self.plot is not None:
            check_plot(self.plot)
        if self.save is not None:
            check_package("--save", "pyarrow", "research")
            check_file("--save", self.save, (ENDING,))

    def write(self, out: ReplayPrint, tape: Tape) -> None:
        """Write the files. `tape` must have its final state hash."""
        if self.save is not None:
            name = write_tape(tape, self.save)
            size = f"{self.save.stat().st_size / 2**20:.1f} MiB"
            line = f"saved       {self.save}: {size}, tape hash {name[:16]}..."
            out.add([line], saved=str(self.save), tape_hash=name)
        if self.plot is not None:
            out.add([f"plot        {self.plot}: {draw_tape(tape, self.plot)}"], plot=str(self.plot))


@dataclass(frozen=True)
class Choice:
    """Options that apply to some sources only. None: the option is not given."""

    messages: Path | None = None  # of lobster
    book: Path | None = None
    seed: int | None = None  # of a flow
    commands: int | None = None
    tick: str | None = None  # of ITCH, DBN and LOBSTER
    symbol: tuple[str, ...] | None = None  # of ITCH and DBN

    def check(self, source: str, is_flow: bool) -> None:
        """Raise UserError if an option is given that does not apply to this source."""
        for name in [field.name for field in fields(self) if getattr(self, field.name) is not None]:
            if name in ("seed", "commands"):
                applies, allowed = is_flow, f"a flow ({', '.join(GENERATED)})"
            elif name in OF_IMPORT:
                option, allowed = OF_IMPORT[name]
                applies = option in options_of_import(source)
            else:
                applies, allowed = source == "lobster", "the source lobster"
            if applies:
                continue
            raise UserError(f"--{name} {getattr(self, name)} does not apply to {source}, allowed: with {allowed}")

    def pair(self) -> tuple[Path, Path]:
        """The files of the source lobster. UserError: one of them is not given."""
        if self.messages is None or self.book is None:
            raise UserError("replay lobster needs --messages FILE.csv and --book FILE.csv")
        return self.messages, self.book

    def of_source(self) -> dict[str, Any]:
        """The options of a flow or an import that are given, for `open_source`."""
        options = {"seed": self.seed, "commands": self.commands, "tick": self.tick, "symbols": self.symbol}
        return {name: value for name, value in options.items() if value is not None}


def replay_source(source: str, choice: Choice, output: Output, as_json: bool = False) -> int:
    """`gpux replay`: run a tape, a data folder, a LOBSTER pair or a generated flow. Returns the exit code."""
    is_flow = source in GENERATED and not mode_of(Path(source))
    choice.check(source, is_flow)
    output.check()
    out = ReplayPrint(as_json)
    try:
        return _replay(out, source, is_flow, choice, output)
    finally:
        out.finish()


def _replay(out: ReplayPrint, source: str, is_flow: bool, choice: Choice, output: Output) -> int:
    path = Path(source)
    if source == "lobster":
        return replay_lobster(out, choice, output)
    if not is_flow:
        kind = kind_of(path)
        if is_folder(path):
            return replay_data_folder(out, path, output)
        if kind.open is read_tape and output == Output():
            return replay_tape_file(out, path)
    tape = open_source(source, **choice.of_source())
    summary = run_tape(out, tape, source)
    expect_fills(out, tape.facts(), summary)
    expect_state(out, tape.facts(), summary, source)
    output.write(out, ended(tape, summary))
    return 0


def run_tape(out: ReplayPrint, tape: Tape, title: str) -> ReplaySummary:
    """Replay a tape with a progress bar and print the summary. Compilation is not timed."""
    return run_parts(out, tape.parts(), tape.limits, len(tape.commands) + len(tape.controls), title)


def run_parts(out: ReplayPrint, parts: Iterable[Part], limits: str, total: int, title: str) -> ReplaySummary:
    """As `run_tape`, for the parts of a tape of any length. `total`: number of commands and controls."""
    bound_apply(NAMED[limits])
    with progress_bar(out.console) as bar:
        task = bar.add_task(title, total=total)
        summary = replay_parts(parts, Engine(NAMED[limits]), lambda count: bar.advance(task, count), title)
    out.add(summary.lines(), **summary.figures())
    return summary


def replay_tape_file(out: ReplayPrint, path: Path) -> int:
    """Replay a native tape of any length: the next row groups are decoded while the engine runs the present one."""
    with TapeReader(path) as reader:
        facts, total = reader.facts(), reader.metadata["rows"] + reader.metadata["controls"]
        summary = run_parts(out, reader.parts(), facts.limits, total, str(path))
    expect_fills(out, facts, summary)
    expect_state(out, facts, summary, str(path))
    return 0


def progress_bar(console: Console) -> Progress:
    """A progress bar that disappears at the end; none if the output is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def expect_fills(out: ReplayPrint, facts: TapeFacts, summary: ReplaySummary) -> None:
    """Raise UserError if the trades are not those that the flow predicts, or a command was refused."""
    expected = facts.notes.get("fills")
    if expected is None:
        return
    if (summary.fills, summary.refused.total()) != (expected, 0):
        raise UserError(f"the flow predicts {expected:,} trades and no refusal, the engine differs", 1)
    out.add(["flow check  trades as the generator predicted, nothing refused"], flow_check=True)


def expect_state(out: ReplayPrint, facts: TapeFacts, summary: ReplaySummary, source: str) -> None:
    """As `check_state`, and say so if the states are the same."""
    check_state(facts, summary, source)
    if facts.state_hash:
        out.add(["tape check  state hash is the one in the file"], tape_check=True)


def check_state(facts: TapeFacts, summary: ReplaySummary, source: str) -> None:
    """Raise UserError if the final state is not the one that the file names, if it names one (TAPE-003)."""
    if facts.state_hash not in ("", summary.state_hash):
        cause = (
            "same rules" if facts.rules_hash == source_hash() else f"recorded by other rules {facts.rules_hash[:16]}"
        )
        raise UserError(f"{source}: replay gives another state than the file's {facts.state_hash[:16]}... ({cause})")


def ended(tape: Tape, summary: ReplaySummary) -> Tape:
    """A copy of the tape with its final state hash."""
    return replace(tape, rules_hash=source_hash(), state_hash=summary.state_hash)


def replay_lobster(out: ReplayPrint, choice: Choice, output: Output) -> int:
    """Time the whole file in one run, then run it again message by message and compare every book state."""
    messages, book = choice.pair()
    source, tape = lobster_tape(messages, book, choice.tick or CENT)
    summary = run_tape(out, tape, messages.name)
    engine = engine_at(tape, tape.resting_rows)
    with progress_bar(out.console) as bar:
        task = bar.add_task("book states", total=len(source.book))
        rows = tape.commands[tape.resting_rows :]
        check = check_books(source, rows, engine, lambda count: bar.advance(task, count))
    out.add(check.lines(source), counts=source.counts, book_check=asdict(check))
    if engine.state_hash().hex() != summary.state_hash:
        raise UserError("message by message gives another state than all at once", 1)
    output.write(out, ended(tape, summary))
    return 0 if check.matched == check.messages and not summary.refused else 1


def replay_data_folder(out: ReplayPrint, folder: Path, output: Output) -> int:
    """Replay a venue's journal from its first record. UserError: it is damaged, or differs from a recorded hash."""
    from exchange.journal.replay import recorded_limits, replay_folder

    limits = recorded_limits(str(folder))
    bound_apply(limits)
    meter = Meter(Engine(limits))
    start = perf_counter_ns()
    with progress_bar(out.console) as bar:
        task = bar.add_task(str(folder), total=None)
        report = replay_folder(str(folder), meter, progress=lambda sequence: bar.update(task, completed=sequence))
    seconds = (perf_counter_ns() - start) / NS_PER_S
    summary = meter.summary()
    marks = f"{report.marks:,} recorded marks of events and state met"
    check = f"check       {marks}, {report.frames:,} frames; {seconds:.3f} s with reading"
    found = {"marks": report.marks, "frames": report.frames, "seconds_with_reading": seconds}
    out.add([*summary.lines(), check], **summary.figures(), **found)
    if output.save is not None or output.plot is not None:
        output.write(out, folder_tape(folder, limits.name, summary.state_hash))
    return 0
