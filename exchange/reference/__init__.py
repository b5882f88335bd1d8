"""The readable specification of the exchange: slow, obvious, in plain Python, each rule beside its code.

It judges the compiled engine: the same commands must give the same events. It shares only codes, row formats and units
with the engine. Nothing is cached: every figure is computed from the orders each time it is needed.

Read it in this order. A module imports only modules above it in the list:

    rows            COMMAND and EVENT rows as named tuples
    book            orders, their queues by price and time, the auction price, order ids
    pro_rata        how the orders of a price level share an aggressor's lots
    clearing        contracts, accounts, positions, cash, fees, initial margin, limits
    phases          market states of groups and books, and the allowed changes
    price_guards    velocity logic and circuit breaker: windows over prints
    market          all state of the exchange, sessions too; questions about it, and emitting events
    day_prices      prices that are allowed on the day: daily limits, band, parking
    orders          steps in the life of an order: accepted, resting, refreshed, cancelled, ended
    protection      market-maker protection: counted fills, thresholds, pulled quotes
    stops           stops: election, and the price at which they are injected
    trades          a trade: both fills, fees, positions
    implied         implied prices and trades through combinations
    matching        continuous matching, self-match prevention, and what happens to the remainder
    entry           NEW, and the entry checks that replaces and quotes share
    replace         REPLACE, of an order and of a waiting stop
    quotes          QUOTE: one entry of a mass quote
    cancels         CANCEL, CANCEL_ALL, kill switch, cancel on disconnect, timers, expiry
    auction         SET_STATE, indicative price, uncross, collar
    accounts        DEPOSIT, WITHDRAW, SESSION, and the control that defines an account
    listing         controls about instruments: listing, a day's limits, marks, variation margin, lead market makers
    engine          ReferenceEngine: commands and controls in, events out

controls/ has the controls of the clearing house: index, adjustments, blocks, spot months.
house/ is the clearing house: ledger, margin, settlement, life of contracts, in the words of clearing scenarios.
formulas/ has the twins of single figures, of `contracts_spec/formulas/`: settlement, margin, delivery and others.
"""
