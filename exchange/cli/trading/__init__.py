"""Commands for those who trade at a venue. Modules marked * do the work of a command; they load slowly.

place.py             options --venue, --key and so on: the venue and the key, also from environment and profile
profile.py           files that `gpux login` writes
asking.py *          one session of a command: connects, and makes one line of what goes wrong
showing.py *         tables, lines and JSON
market.py *          one instrument as `gpux watch` and `gpux top` show it
login.py             `gpux login`
  logging_on.py *      logs on once, writes the profile
orders.py            `gpux order` and `gpux cancel`
  order_checks.py *    checks an order before it is sent
  order_entry.py *     sends new orders and changes of orders
  order_ending.py *    cancels and lists orders
account.py           `gpux positions`, `gpux fills`, `gpux limits`
  account_lists.py *   what the venue answers, as tables
book.py              `gpux book`
  book_levels.py *     one snapshot of a book
completion.py        `gpux completion`
top.py               `gpux top`; the package `screen` draws it
"""
