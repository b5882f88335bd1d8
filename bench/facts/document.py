"""The JSON of a report: everything that is known, with stable keys.

`Document` is its schema; `schema()` gives it as a JSON Schema. Keys of facts, curves and scores end with their unit
(`_ticks`, `_lots`, `_ns`; none: a pure number) and do not change within one `format`. A value that could not be
computed is null, and `missing` says why.
"""

from typing import Any

import msgspec
import numpy as np

from bench.facts.facts import facts_of
from bench.facts.scores import Score, scores_of
from bench.facts.series import BookSeries
from bench.facts.sheet import Curve, Fact

FORMAT = "gpux.facts.1"


class MeasuredBook(msgspec.Struct, frozen=True, kw_only=True):
    """One book, and what is measured of it.

    min_inc_ticks   price increment of the book
    first_time_ns, last_time_ns   of its messages, ns since 1970 UTC; 0: there are none
    sample_every    messages between two samples of depth
    """

    source: str
    symbol: str
    min_inc_ticks: int
    messages: int
    trades: int
    traded_lots: int
    first_time_ns: int
    last_time_ns: int
    sample_every: int
    facts: dict[str, Fact]
    curves: dict[str, Curve]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A report. `other` and `scores` are of the second book; `notes` say what does not compare."""

    format: str
    book: MeasuredBook
    other: MeasuredBook | None
    scores: list[Score]
    notes: list[str]


def measured(source: str, series: BookSeries) -> MeasuredBook:
    """Measure a book. `source`: its name, as the user gave it."""
    sheet, times = facts_of(series), series.messages["time_ns"]
    return MeasuredBook(
        source=source,
        symbol=series.symbol,
        min_inc_ticks=series.min_inc,
        messages=len(series.messages),
        trades=len(series.trades),
        traded_lots=series.traded_lots,
        first_time_ns=int(times[0]) if len(times) else 0,
        last_time_ns=int(times[-1]) if len(times) else 0,
        sample_every=series.sample_every,
        facts=sheet.facts,
        curves=sheet.curves,
    )


def document_of(source: str, series: BookSeries, against: str = "", other: BookSeries | None = None) -> Document:
    """The report of a book, and of another one if there is one."""
    own = measured(source, series)
    if other is None:
        return Document(format=FORMAT, book=own, other=None, scores=[], notes=notes_of(series))
    return Document(
        format=FORMAT,
        book=own,
        other=measured(against, other),
        scores=scores_of(series, other),
        notes=[*notes_of(series), *notes_of(other), *differences(series, other)],
    )


def notes_of(series: BookSeries) -> list[str]:
    """What a reader has to know of one book."""
    found = []
    if not len(series.messages):
        found.append(f"{series.symbol}: its book never changed")
    elif not series.usable.any():
        found.append(f"{series.symbol}: its book never had both sides")
    elif not len(series.trades):
        found.append(f"{series.symbol}: no trades")
    if np.any(series.messages["time_ns"]) and not series.interval_ns:
        found.append(f"{series.symbol}: all messages have one time, so there are no durations and returns")
    return found


def differences(series: BookSeries, other: BookSeries) -> list[str]:
    """What two books do not have in common."""
    found = []
    if series.min_inc != other.min_inc:
        found.append(
            f"the price increments differ: {series.min_inc} ticks in {series.symbol}, {other.min_inc} ticks in "
            f"{other.symbol}; facts are in ticks and do not compare, scores are in increments of each book"
        )
    if series.tick != other.tick:
        found.append(
            f"the ticks differ: {series.tick or 'not known'} in {series.symbol}, {other.tick or 'not known'} in "
            f"{other.symbol}; facts and scores are in ticks of each book, whatever a tick is worth"
        )
    return found


def to_json(document: Document) -> bytes:
    """JSON of a document, indented."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def schema() -> dict[str, Any]:
    """JSON Schema of a document."""
    return msgspec.json.schema(Document)
