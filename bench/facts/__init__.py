"""Stylised facts of one book: what its recorded or generated order flow looks like, and how far two flows differ.

    series = collect(tape, "BOOK-1")       # one pass through the engine; without a symbol the busiest book
    sheet = facts_of(series)               # FactSheet: .facts and .curves by key
    sheet.facts["spread_mean_ticks"]       # Fact: value, low, high, count, unit, definition, source, missing
    scores = scores_of(series, other)      # Score of each statistic: L1 and Wasserstein-1 distance with intervals

listings    which books a tape lists; `busiest(tape)`, `listing_of(tape, symbol)`
collector   the compiled pass over EVENT rows: MESSAGE rows and depth profiles of one book
collect     `collect(tape, symbol="") -> BookSeries`
series      BookSeries: messages, trades, mids, returns
estimators  `mean`, `autocorrelation`, `power_law`, `hill`, `excess_kurtosis`, `variance_ratio`, `response`,
            `signature`, `block_bootstrap`: functions of arrays, which know nothing of books
sheet       Fact, Curve, FactSheet
flow_facts, book_facts, return_facts, trade_facts   the facts by theme: functions of a BookSeries
facts       `facts_of(series) -> FactSheet`
distances   `total_variation`, `wasserstein`, with bootstrap intervals
statistics  the statistics of LOB-Bench: `statistics_of(series) -> dict of arrays`
scores      `scores_of(series, other) -> list[Score]`
document    the JSON of a report and its schema
words       values as people read them
figures     the report's plots as SVG (extra `plot`)
page        the report as one HTML file
report      `gpux facts`
question    `gpux bench facts`
"""
