"""The report as one HTML file: no scripts, nothing loaded from elsewhere."""

from html import escape

from bench.facts.document import Document, MeasuredBook
from bench.facts.figures import distributions, plots
from bench.facts.scores import Score, thinned
from bench.facts.series import BookSeries
from bench.facts.sheet import Fact
from bench.facts.statistics import statistics
from bench.facts.words import plain, shown
from exchange.units import NS_PER_S

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2024; background: #fff; margin: 0 auto; max-width: 1180px;
  padding: 1rem 1.2rem 3rem; }
h1 { font-size: 1.5rem; margin: .4rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
p, li { max-width: 75ch; } .quiet { color: #5c6670; font-size: .9em; } .missing { color: #8a5a00; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #e3e6e9; vertical-align: top; }
th { font-weight: 600; background: #f6f7f8; white-space: nowrap; } .n { text-align: right; white-space: nowrap; }
.n.missing { white-space: normal; min-width: 9rem; } .facts td:first-child { min-width: 9.5rem; }
summary { cursor: pointer; } details p { margin: .3rem 0; } code { font-size: .9em; overflow-wrap: anywhere; }
.plots { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
.plots.small { grid-template-columns: repeat(auto-fit, minmax(min(100%, 290px), 1fr)); }
figure { margin: 0; } figure svg { width: 100%; height: auto; display: block; }
figcaption { font-weight: 600; } figcaption span { display: block; font-weight: 400; }
"""

SCORE_NOTE = """L1 is half the sum of differences of shares: 0 equal, 1 disjoint. Wasserstein-1 is in standard
deviations of both books together. The intervals are bootstrap intervals of independent values, as in LOB-Bench (Nagy et
al. 2025), and too narrow for values that depend on each other: compare a distance with that between the two halves of
this book, in the columns "halves". Covered: share of the values in groups that both books have."""


def page(document: Document, series: BookSeries, other: BookSeries | None = None) -> str:
    """The HTML text of a report. `series`, `other`: the books of the document."""
    title = f"{document.book.symbol} of {document.book.source}"
    parts = [
        f"<h1>Stylised facts: {escape(title)}</h1>",
        _summary(document),
        "".join(f'<p class="missing">{escape(note)}</p>' for note in document.notes),
        "<h2>Figures</h2>",
        _figures(document),
        "<h2>Facts</h2>",
        _facts(document),
    ]
    if other is not None:
        parts += ["<h2>Scores against the other book</h2>", _scores(document.scores)]
        parts += ["<h2>Distributions</h2>", _distributions(series, other)]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{escape(title)}</title><style>{STYLE}</style>"
    body = "\n".join(parts)
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _summary(document: Document) -> str:
    books = [("This book", document.book)]
    if document.other:
        books.append(("The other", document.other))
    rows = "".join(_book_row(name, book) for name, book in books)
    heads = "".join(f'<th class="n">{name}</th>' for name in ("messages", "trades", "lots traded", "seconds"))
    return f'<div class="wide"><table><tr><th></th><th>book</th><th>source</th>{heads}</tr>{rows}</table></div>'


def _book_row(name: str, book: MeasuredBook) -> str:
    seconds = plain((book.last_time_ns - book.first_time_ns) / NS_PER_S)
    values = [f"{book.messages:,}", f"{book.trades:,}", f"{book.traded_lots:,}", seconds]
    cells = "".join(f'<td class="n">{value}</td>' for value in values)
    return f"<tr><td>{name}</td><td>{escape(book.symbol)}</td><td><code>{escape(book.source)}</code></td>{cells}</tr>"


def _figures(document: Document) -> str:
    found = []
    for plot, curves, svg in plots(document):
        caption = f"{plot.title}<span class='quiet'>{escape(curves[0].definition)}. {escape(curves[0].source)}</span>"
        body = svg or f'<p class="missing">{escape(curves[0].missing)}</p>'
        found.append(f"<figure><figcaption>{caption}</figcaption>{body}</figure>")
    return f'<div class="plots">{"".join(found)}</div>'


def _facts(document: Document) -> str:
    other = document.other
    heads = ["value", "95 % interval", *(["the other", "95 % interval"] if other else [])]
    rows = [
        f"<tr><td>{_words(fact)}</td>{_cells(fact)}{_cells(other.facts[key]) if other else ''}</tr>"
        for key, fact in document.book.facts.items()
    ]
    head = "".join(f'<th class="n">{name}</th>' for name in heads)
    return f'<div class="wide facts"><table><tr><th>fact</th>{head}</tr>{"".join(rows)}</table></div>'


def _words(fact: Fact) -> str:
    about = f"<p>{escape(fact.definition)}.</p><p class='quiet'>{escape(fact.source)}. <code>{fact.key}</code>"
    return f"<details><summary>{escape(fact.name)}</summary>{about}, n = {fact.count:,}</p></details>"


def _cells(fact: Fact) -> str:
    value, interval, unit = shown(fact)
    if fact.value is None:
        return f'<td class="n missing" colspan="2">{escape(value)}</td>'
    return f'<td class="n">{value} {unit}</td><td class="n quiet">{interval}</td>'


def _scores(scores: list[Score]) -> str:
    heads = ("L1", "99 % interval", "halves", "Wasserstein-1", "99 % interval", "halves", "covered")
    rows = []
    for score in scores:
        if score.missing:
            cells = f'<td class="n missing" colspan="{len(heads)}">{escape(score.missing)}</td>'
        else:
            cells = "".join(f'<td class="n">{text}</td>' for text in score_texts(score))
        rows.append(f"<tr><td>{escape(score.name)}</td>{cells}</tr>")
    head = "".join(f'<th class="n">{name}</th>' for name in heads)
    table = f'<div class="wide"><table><tr><th>statistic</th>{head}</tr>{"".join(rows)}</table></div>'
    return f'<p class="quiet">{SCORE_NOTE}</p>{table}'


def score_texts(score: Score) -> list[str]:
    """The columns of a score, as text."""
    found = []
    for value, low, high, halves in (
        (score.l1, score.l1_low, score.l1_high, score.l1_halves),
        (score.wasserstein, score.wasserstein_low, score.wasserstein_high, score.wasserstein_halves),
    ):
        found += [plain(value, 3), f"{plain(low, 3)} to {plain(high, 3)}", plain(halves, 3)]
    return [*found, f"{100 * score.covered:.0f} %"]


def _distributions(series: BookSeries, other: BookSeries) -> str:
    pairs = [(one, thinned(one.of(series)), thinned(one.of(other))) for one in statistics()]
    drawn = distributions([pair for pair in pairs if len(pair[1]) and len(pair[2])])
    return f'<div class="plots small">{"".join(f"<figure>{svg}</figure>" for _, svg in drawn)}</div>'
