"""All facts of one book."""

from bench.facts.book_facts import book_curves, book_facts
from bench.facts.flow_facts import flow_facts
from bench.facts.return_facts import return_curves, return_facts
from bench.facts.series import BookSeries
from bench.facts.sheet import FactSheet
from bench.facts.trade_facts import trade_curves, trade_facts


def facts_of(series: BookSeries) -> FactSheet:
    """Every fact and curve, by key; one that cannot be computed says why in `missing`."""
    facts = [*book_facts(series), *flow_facts(series), *return_facts(series), *trade_facts(series)]
    curves = [*book_curves(series), *return_curves(series), *trade_curves(series)]
    return FactSheet(facts={one.key: one for one in facts}, curves={one.key: one for one in curves})
