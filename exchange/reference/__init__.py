"""The readable specification of the exchange: slow, obvious, in plain Python, each rule beside its code.

It judges the compiled engine: the same commands in, the same events out. It shares only codes, row formats and units
with what it judges. Nothing is cached: every figure is computed from the orders each time it is asked for.

Read it from the bottom up. A module imports only modules above it in this list:

    rows            COMMAND and EVENT rows as named tuples
    book            orders, their queues by price and time, the price of an auction, order ids
    pro_rata        how a price level is shared among its orders
    clearing        contracts, accounts, positions, cash, fees, initial margin, limits
    phases          market states of groups and books, and the changes that are allowed
    sessions        what is kept of sessions: the last request, the account that opened them
    price_guards    velocity logic and circuit breaker: windows over prints
    market          all state of the exchange, questions about it, and the events that report changes
    day_prices      prices that the day allows: daily limits, band, parking
    orders          life of an order: accepted, rests, leaves
    protection      market-maker protection: counters of fills, thresholds, pulled quotes
    stops           stops: election, the price at which they are injected
    trades          a trade: both fills, fees, positions
    implied         implied prices and trades through combinations
    self_match      orders of one owner that meet
    matching        continuous matching, and what becomes of the remainder
    checks          entry checks that new orders, replaces and quotes share
    entry           NEW
    replace         REPLACE, of an order and of a waiting stop
    quotes          QUOTE: one entry of a mass quote
    cancels         CANCEL, CANCEL_ALL, kill switch, cancel on disconnect, timers, expiry
    auction         indicative price, uncross, collar
    market_states   SET_STATE
    accounts        DEPOSIT, WITHDRAW, SESSION, and the control that defines an account
    listing         controls about instruments: listing, a day's limits, lead market makers
    engine          ReferenceEngine: commands and controls in, events out
"""
