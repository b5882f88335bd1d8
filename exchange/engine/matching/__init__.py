"""How orders trade: continuous matching, implied prices, the uncross of an auction, self-match prevention.

match.py           price-time matching of an aggressor, a fill a step
featured.py        the same in a book with features: implied prices, pro-rata, velocity windows
level_pass.py      a pro-rata pass over one price level
trades.py          what a trade does to book, orders and owners; FILL
self_match.py      orders of one owner do not trade with each other
dry_run.py         how much an aggressor would execute, for FOK and minimum quantities
velocity.py        after a print that would breach a window: the remainder, RESERVED
implied_routes.py  which combinations make an implied price in which book
implied_fills.py   a trade at an implied price, as one linked group
implied_prices.py  implied prices that have changed are published
uncross.py         books trade at one price when they come to OPEN

Imports entry, quotes, cancels and phases.
"""
