"""Trading programs: a file for each strategy.

strategy.py        the base class: callbacks, and the loop that calls them
market_maker.py    quotes several months of a chip around a fair-price curve
taker.py           sends immediate-or-cancel orders at random times
"""
