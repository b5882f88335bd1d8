"""Trading programs, one idea each.

strategy            the base of all: events in, orders out
market_maker        quotes both sides around a fair price
taker               takes at random from what is offered
"""
