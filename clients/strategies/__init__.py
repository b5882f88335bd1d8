"""Trading programs: a file for each strategy.

strategy.py            the base class: callbacks, and the loop that calls them
market_maker.py        quotes several months of a chip around a fair-price curve
taker.py               sends immediate-or-cancel orders at random times
curve_maker.py         quotes months, quarters and calendar spreads of a chip as one inventory
strip_hedger.py        sells an operator's capacity as years, quarters and months, whichever pays most
term_buyer.py          buys three years: as a take-or-pay term, or as a strip, whichever costs less in all
tier_arbitrage.py      buys a cheap higher quality tier, sells a dear lower one
calendar_arbitrage.py  trades a quarter against its three months
inference_router.py    buys the cheapest useful compute for a demand profile, from several chips
twap.py                works a large order in equal slices over time
protected_quotes.py    base class of market makers: mass quotes under market-maker protection
packages.py            base class of arbitrage: legs that are traded together, and repaired
delivery.py            GPU-hours by month of a contract; finds contracts
executable.py          the best price that an order can trade at, implied prices included
"""
