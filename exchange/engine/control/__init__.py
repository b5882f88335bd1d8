"""Controls: rare commands with a payload, which run between calls of the compiled loop.

registry.py          the table of controls, and what all have in common
list_instruments.py  LIST: commodities and instruments
define_account.py    DEFINE_ACCOUNT: an account and its limits
lead_makers.py       LEAD_MAKERS of pro-rata books
day_limits.py        DAY_LIMITS: settlement, limits and increments of a new day
day_orders.py        orders of a book whose limits have moved (a kernel)
live_books.py        changes terms of books that have orders and positions: holds follow
margin_terms.py      margin terms of a book: checked, derived
instrument_terms.py  what LIST says of a commodity and an instrument
allocation_terms.py  how a pro-rata book shares a level out
price_guards.py      windows of prints, collar, lead month
price_windows.py     price windows of books, cut from one pool
checks.py            ControlError and the checks that raise it
events.py            EVENT rows of controls
catalogue.py         the instruments of contracts_spec as LIST payloads

Imports apply and all other groups.
"""
