"""How orders trade: continuous matching, implied prices, the uncross of an auction, self-match prevention.

match.py           price-time matching of an aggressor, in steps
featured.py        one step of it in a book with features: implied prices, pro-rata, look-back windows
level_pass.py      a pro-rata pass over one price level
trades.py          what a trade changes in book, orders and accounts; FILL
self_match.py      orders of one owner do not trade with each other
dry_run.py         how much an aggressor would execute, for FOK and minimum quantities
velocity.py        what follows a breach of a window: the remainder, RESERVED
implied_routes.py  which combinations make an implied price in which book
implied_fills.py   a trade at an implied price, as one group of fills
implied_prices.py  publishes implied prices that have changed
uncross.py         trades of a book at one price, when it comes to OPEN

Imports entry, quotes, cancels and phases.
"""
