"""`gpux facts`: opens sources, measures, and prints a table or JSON; writes the page."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.extras import check_file, check_package
from bench.facts.collect import collect
from bench.facts.document import Document, document_of, to_json
from bench.facts.listings import listing_of
from bench.facts.page import page, score_texts
from bench.facts.sheet import Fact
from bench.facts.words import shown
from bench.research.sources import GENERATED, OF_IMPORT, is_generated, open_source, options_of_import
from exchange.errors import UserError


@dataclass(frozen=True)
class FactsOptions:
    """Options of `gpux facts`. Those that begin with `against` are of the other source."""

    book: str = ""
    against: str = ""
    against_book: str = ""
    against_seed: int | None = None
    html: Path | None = None
    is_json: bool = False
    commands: int | None = None  # of each flow
    seed: int | None = None
    tick: str | None = None  # of each file of ITCH, DBN or LOBSTER
    symbol: tuple[str, ...] = ()

    def of_source(self, source: str, seed: int | None) -> dict[str, Any]:
        """The options of a source that is a flow or an import, for `open_source`."""
        given: dict[str, Any] = {"commands": self.commands, "seed": seed} if is_generated(source) else {}
        imported = {"tick": self.tick, "symbols": self.symbol or None}
        given |= {name: imported[name] for name in imported if name in options_of_import(source)}
        return {name: value for name, value in given.items() if value is not None}

    def check(self, source: str) -> None:
        """Raise UserError if an option does not apply, or a file cannot be written. Call it before the work."""
        flows = f"a flow ({', '.join(GENERATED)})"
        if self.seed is not None and not is_generated(source):
            raise UserError(f"--seed {self.seed} does not apply to {source}, allowed: with {flows}")
        if self.commands is not None and not (is_generated(source) or is_generated(self.against)):
            raise UserError(f"--commands {self.commands} does not apply to {source}, allowed: with {flows}")
        for name, (option, allowed) in OF_IMPORT.items():
            value = getattr(self, name)
            if value and not any(option in options_of_import(one) for one in (source, self.against)):
                raise UserError(f"--{name} {value} does not apply to {source}, allowed: with {allowed}")
        if not self.against and (self.against_book or self.against_seed is not None):
            name = "--against-book" if self.against_book else "--against-seed"
            raise UserError(f"{name} does not apply without --against OTHER")
        if self.against_seed is not None and not is_generated(self.against):
            what = f"--against-seed {self.against_seed} does not apply to {self.against}"
            raise UserError(f"{what}, allowed: with {flows}")
        if self.html is not None:
            check_package("--html", "matplotlib", "plot")
            check_file("--html", self.html, (".html",))


def run_facts(source: str, options: FactsOptions) -> int:
    """Measure a source, print its facts, and write the page if asked for. Returns the exit code."""
    options.check(source)
    console = Console(stderr=options.is_json, highlight=False)
    with console.status(f"{source} ..."):
        tapes = [(open_source(source, **options.of_source(source, options.seed)), options.book)]
        if options.against:
            against = open_source(options.against, **options.of_source(options.against, options.against_seed))
            tapes.append((against, options.against_book))
        for tape, book in tapes:
            listing_of(tape, book)  # before the first one runs
        series = collect(*tapes[0])
        other = collect(*tapes[1]) if options.against else None
        document = document_of(source, series, options.against, other)
        if options.html is not None:
            _write(options.html, page(document, series, other))
    if options.is_json:
        sys.stdout.write(to_json(document).decode() + "\n")
        return 0
    for table in tables(document):
        console.print(table)
    for note in document.notes:
        console.print(f"note: {note}", soft_wrap=True)
    if options.html is not None:
        console.print(f"page: {options.html}", soft_wrap=True)
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"--html {path}: {error.strerror or error}") from None


def tables(document: Document) -> list[Table]:
    """Facts, and scores if there is another book."""
    book, other = document.book, document.other
    title = f"{book.symbol} of {book.source}: {book.messages:,} messages, {book.trades:,} trades"
    facts = Table(title=title, title_justify="left")
    facts.add_column("fact")
    for name in ("value", "95 % interval", *(("other", "95 % interval") if other else ())):
        facts.add_column(name, justify="right")
    for key, fact in book.facts.items():
        facts.add_row(fact.name, *_columns(fact), *(_columns(other.facts[key]) if other else ()))
    if other is None:
        return [facts]
    scores = Table(title=f"distance to {other.symbol} of {other.source}", title_justify="left")
    scores.add_column("statistic")
    for name in ("L1", "99 % interval", "halves", "Wasserstein", "99 % interval", "halves", "covered"):
        scores.add_column(name, justify="right")
    for score in document.scores:
        scores.add_row(score.name, *([score.missing] if score.missing else score_texts(score)))
    return [facts, scores]


def _columns(fact: Fact) -> tuple[str, str]:
    value, interval, unit = shown(fact)
    return f"{value} {unit}".rstrip(), interval
