"""How an order comes into the engine: NEW and REPLACE are checked in order of precedence, accepted or refused; stops
wait and are injected.

new_order.py        NEW: accepted, refused, or accepted and at rest at once
fast_path.py        all checks of a plain limit order taken together
plain_order.py      which NEWs are plain
validate.py         the reasons of a refusal one by one (ORDER-004)
duplicates.py       a NEW under the client order id of a live order
limit_price.py      the limit that a NEW works at
price_range.py      daily limits and reject band: prices that an order of a side may have
day_prices.py       prices outside the daily limits: parked, or out of reach
replace.py          REPLACE of an order that is no waiting stop
replace_stop.py     REPLACE of a waiting stop
replace_terms.py    the terms that a REPLACE asks for
replace_answers.py  the events that answer an accepted REPLACE
stops.py            stops wait, are elected, are injected
stop_terms.py       the trigger and the limit that a stop may have

Imports root files of the engine, no other group.
"""
