"""`gpux replay` with --at, --explain, --events or a filter: looks into a source instead of timing it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from bench.extras import check_file, check_package, mode_of
from bench.facts.listings import Listing, listings
from bench.inspection.choose import FAR_NS, EventFilter, chosen, parse_kinds, parse_time
from bench.inspection.explain import explain
from bench.inspection.place import TapePlace, sequences
from bench.inspection.show import as_json, explanation_json, show_account, show_book, show_explanation, show_row
from bench.inspection.symbols import find_symbol
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
    """The options as they were typed. None: not given."""

    at: int | None = None
    explain: int | None = None
    book: str | None = None
    account: int | None = None
    kinds: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    events: Path | None = None
    json: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether any of the options is given."""
        return self != Look(json=self.json)

    def check(self) -> None:
        """Raise UserError if options do not go together, or are wrong in themselves."""
        given = {"--kind": self.kinds or None, "--from": self.since, "--to": self.until, "--events": self.events}
        of_events = [name for name, value in given.items() if value is not None]
        if self.at is not None and self.explain is not None:
            raise UserError("--at and --explain: give one of them")
        if (self.at is not None or self.explain is not None) and of_events:
            raise UserError(f"{of_events[0]} chooses events; --at and --explain show one place")
        if self.explain is not None and (self.book is not None or self.account is not None):
            raise UserError("--explain shows the book and the account of its command; leave out --book and --account")
        for name, number, least in (
            ("--at", self.at, 0),
            ("--explain", self.explain, 1),
            ("--account", self.account, 1),
        ):
            if number is not None and number < least:
                raise UserError(f"{name} {number:,}, allowed: {least} or more")
        replace(self, book=None).filter(())  # kinds and times
        if self.events is not None:
            check_package("--events", "pyarrow", "research")
            check_file("--events", self.events, (".parquet",))

    def filter(self, known: Sequence[Listing]) -> EventFilter:
        """The filter. `known`: every instrument of the source. UserError: the book is none of them."""
        books = [(one.index, one.symbol) for one in known]
        wanted = () if self.book is None else find_symbol(self.book, books, "in the source")
        from_ns = 0 if self.since is None else parse_time("--from", self.since)
        to_ns = FAR_NS if self.until is None else parse_time("--to", self.until)
        if from_ns >= to_ns:
            raise UserError(f"--from {self.since or 0} is not before --to {self.until}")
        kinds = parse_kinds("--kind", self.kinds, EventKind)
        return EventFilter(tuple(known[place] for place in wanted), self.account or 0, kinds, from_ns, to_ns)


def look_at_source(source: str, choice: Choice, look: Look, output: Output) -> int:
    """Open a source and print what is asked for. Returns the exit code. UserError: it cannot be opened or shown."""
    look.check()
    if output.save is not None or output.plot is not None:
        raise UserError("--save and --plot are of a whole replay; leave out what looks into the source")
    is_flow = source in GENERATED and not mode_of(Path(source))
    choice.check(source, is_flow)
    if source == "lobster":
        return look_into(open_source(choice.pair()), look)
    return look_into(open_source(source, **choice.of_source()), look)


def look_into(tape: Tape, look: Look) -> int:
    """Print what is asked for. Returns the exit code. UserError: it is not there."""
    console = Console(highlight=False, markup=False)
    last = sequences(tape)[1]
    if look.at is not None and look.at > last:
        raise UserError(f"--at {look.at:,}, allowed: 0 to {last:,}, the last sequence of the source")
    if look.explain is not None:
        found = explain(tape, look.explain)
        if look.json:
            print(explanation_json(found))
        else:
            show_explanation(console, found)
    elif look.at is not None:
        _show_place(console, TapePlace(tape, look.at), look)
    else:
        _show_events(console, tape, look)
    return 0


def _show_place(console: Console, place: TapePlace, look: Look) -> None:
    book = place.book(_only_or(place, look)) if look.book is not None or look.account is None else None
    account = None if look.account is None else place.account(look.account)
    if look.json:
        print(as_json(sequence=place.sequence, time_ns=place.engine.time_ns, book=book, account=account))
        return
    if book is not None:
        show_book(console, book)
    if account is not None:
        show_account(console, account)


def _only_or(place: TapePlace, look: Look) -> int:
    """Index of the book that is asked for; without --book that of the only instrument."""
    if look.book is not None:
        return place.index_of(look.book)
    if len(place.symbols) == 1:
        return next(iter(place.symbols))
    raise UserError(f"--at needs --book SYMBOL or --account N: {len(place.symbols):,} instruments are there")


def _show_events(console: Console, tape: Tape, look: Look) -> None:
    """Write the chosen events to a file, or print them."""
    known = sorted(listings(tape), key=lambda one: (one.first, one.index))
    events = chosen(map(split_rests, events_of_tape(tape)), look.filter(known))
    if look.events is None:
        for rows in events:
            last = int(rows["sequence"][-1])
            symbols = {one.index: one.symbol for one in known if one.first <= last}
            for place in range(len(rows)):
                words = event_words(rows[place : place + 1], symbols)
                if look.json:
                    print(as_json(**words))
                else:
                    show_row(console, words)
        return
    count = write_event_tape(look.events, events, tape_hash(tape))
    written = f"events      {look.events}: {count:,} rows"
    print(as_json(events=count, file=str(look.events)) if look.json else written)
