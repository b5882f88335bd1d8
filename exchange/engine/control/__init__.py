"""Controls: rare commands with a payload, which run between calls of the compiled loop.

registry.py          the table of controls, and how each is checked and run
list_instruments.py  LIST: commodities and instruments
define_account.py    DEFINE_ACCOUNT: an account and its limits
lead_makers.py       LEAD_MAKERS of pro-rata books
day_limits.py        DAY_LIMITS: settlement, limits and increments of a new day
closing_window.py    the window whose prints make settlement prices
book_marks.py        marks of all books at one instant (a kernel)
mark.py              MARK: prices at which positions are valued, and the noon run
variation.py         pays variation margin at a settlement
settled_margins.py   the margin that accounts hold after it
endings/             EXPIRE and CASCADE: how instruments end
account_reports.py   events to accounts: what they were paid, and their positions
day_orders.py        puts a book's orders into its new limits (a kernel)
live_books.py        changes terms of books that have orders and positions, and margin with them
margin_terms.py      margin terms of a book: checks and derives them
instrument_terms.py  payload of LIST: terms of a commodity and an instrument
allocation_terms.py  terms of pro-rata allocation
price_guards.py      look-back windows, collar, lead month
price_windows.py     price windows of books in the one table of levels
checks.py            ControlError and the checks that raise it
events.py            EVENT rows of controls
house/               of the clearing house: index, adjustments, blocks, spot months
catalogue.py         the instruments of contracts_spec as LIST payloads

Imports apply and all other groups.
"""
