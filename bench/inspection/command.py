"""`gpux replay` with --at, --explain, --events or a filter: looks into a source instead of timing it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from bench.extras import check_file, check_package, mode_of
from bench.inspection.choose import FAR_NS, EventFilter, chosen, parse_kinds, parse_time
from bench.inspection.explain import explain
from bench.inspection.place import TapePlace, sequences
from bench.inspection.show import as_json, explanation_json, show_account, show_book, show_explanation, show_row
from bench.inspection.words import event_words
from bench.replay import Choice, Output
from bench.research.sources import GENERATED, open_source
from bench.tapes.events import write_event_tape
from bench.tapes.run import events_of_tape
from bench.tapes.tape import Tape, tape_hash
from exchange.codes import EventKind
from exchange.engine.event_rows import split_rests
from exchange.errors import UserError


@dataclass(frozen=True)
class Look:
    """The options as they were typed. Empty or 0: not given."""

    at: int = -1
    explain: int = 0
    book: str = ""
    account: int = 0
    kinds: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    events: Path | None = None
    json: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether any of the options is given."""
        return self != Look(json=self.json)

    def check(self) -> None:
        """Raise UserError if options do not go together, or are wrong in themselves."""
        options = (("--kind", self.kinds), ("--from", self.since), ("--to", self.until))
        filters = [name for name, given in options if given]
        if self.at >= 0 and self.explain:
            raise UserError("--at and --explain: give one of them")
        if (self.at >= 0 or self.explain) and (filters or self.events):
            other = filters[0] if filters else "--events"
            raise UserError(f"{other} chooses events; --at and --explain show one place")
        if self.explain and (self.book or self.account):
            raise UserError("--explain shows the book and the account of its command; leave out --book and --account")
        if self.explain < 0 or self.at < -1:
            raise UserError(f"sequence {min(self.explain, self.at)}, allowed: 1 or more; with --at 0 or more")
        if self.events is not None:
            check_package("--events", "pyarrow", "research")
            check_file("--events", self.events, (".parquet",))

    def filter(self, place: TapePlace) -> EventFilter:
        """The filter. `place`: at the end of the source, where all its instruments are known."""
        return EventFilter(
            place.index_of(self.book) if self.book else 0,
            self.account,
            parse_kinds("--kind", self.kinds, EventKind),
            parse_time("--from", self.since) if self.since else 0,
            parse_time("--to", self.until) if self.until else FAR_NS,
        )


def look_at_source(source: str, choice: Choice, look: Look, output: Output) -> int:
    """Open a source and print what is asked for. Returns the exit code. UserError: it cannot be opened or shown."""
    look.check()
    if output.save is not None or output.plot is not None:
        raise UserError("--save and --plot are of a whole replay; leave out what looks into the source")
    is_flow = source in GENERATED and not mode_of(Path(source))
    choice.check(source, is_flow)
    if source == "lobster":
        if choice.messages is None or choice.book is None:
            raise UserError("replay lobster needs --messages FILE.csv and --book FILE.csv")
        return look_into(open_source((choice.messages, choice.book)), look)
    return look_into(open_source(source, **choice.of_flow()), look)


def look_into(tape: Tape, look: Look) -> int:
    """Print what is asked for. Returns the exit code. UserError: it is not there."""
    console = Console(highlight=False)
    last = sequences(tape)[1]
    if look.at > last:
        raise UserError(f"--at {look.at:,}, allowed: 0 to {last:,}, the last sequence of the source")
    if look.explain:
        found = explain(tape, look.explain)
        if look.json:
            print(explanation_json(found))
        else:
            show_explanation(console, found)
    elif look.at >= 0:
        _show_place(console, TapePlace(tape, look.at), look)
    else:
        _show_events(console, tape, look)
    return 0


def _show_place(console: Console, place: TapePlace, look: Look) -> None:
    book = place.book(_only_or(place, look)) if look.book or not look.account else None
    account = place.account(look.account) if look.account else None
    if look.json:
        print(as_json(sequence=place.sequence, time_ns=place.engine.time_ns, book=book, account=account))
        return
    if book is not None:
        show_book(console, book)
    if account is not None:
        show_account(console, account)


def _only_or(place: TapePlace, look: Look) -> int:
    """Index of the book that is asked for; without --book that of the only instrument."""
    if look.book:
        return place.index_of(look.book)
    if len(place.symbols) == 1:
        return next(iter(place.symbols))
    raise UserError(f"--at needs --book SYMBOL or --account N: {len(place.symbols):,} instruments are there")


def _show_events(console: Console, tape: Tape, look: Look) -> None:
    """Write the chosen events to a file, or print them."""
    end = TapePlace(tape, sequences(tape)[1])
    events = chosen(map(split_rests, events_of_tape(tape)), look.filter(end))
    if look.events is None:
        for row in (row for rows in events for row in rows):
            words = event_words(np.array([row]), end.symbols)
            if look.json:
                print(as_json(**words))
            else:
                show_row(console, words)
        return
    count = write_event_tape(look.events, events, tape_hash(tape))
    written = f"events      {look.events}: {count:,} rows"
    print(as_json(events=count, file=str(look.events)) if look.json else written)
