"""How orders enter the engine. NEW and REPLACE are checked in order of precedence and accepted or refused; stops wait
and are injected.

new_order.py        NEW: checks it and writes the order
fast_path.py        checks of a plain limit order, all together
plain_order.py      which NEWs are plain
validate.py         checks of a NEW one by one, for the reason of a refusal (ORDER-004)
duplicates.py       a NEW under the client order id of a live order
limit_price.py      the limit price of a NEW
price_range.py      prices that an order of a side may have: daily limits and reject band
day_prices.py       prices outside the daily limits that are allowed all the same
replace.py          REPLACE of any order but a waiting stop
replace_stop.py     REPLACE of a waiting stop
replace_terms.py    the terms that a REPLACE asks for
replace_answers.py  the events that answer an accepted REPLACE
stops.py            stops: they wait, are elected, are injected
stop_terms.py       trigger and limit price of a stop

Imports root files of the engine, no other group.
"""
