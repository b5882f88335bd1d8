"""The clearing house of the engine: clearing scenarios played by the commands and controls that a venue proposes.

Time is the scenario's, and nothing waits for a clock. Prices, limits and instruments come from the functions with which
the venue makes its own controls. Read it in this order; a module imports only modules above it in the list:

    statements      what has moved the cash of accounts since the last close
    running         an engine at the scenario's time: numbers of accounts, books by symbol, orders by name, the journal
    opening         the specification, instruments and accounts that set-up lines ask for
    orders          trades, orders, cancels
    cash            deposits, withdrawals, settlements that people give
    acts            blocks, adjustments, prints, rentals and committee values of the index
    day             the points of a day: marks of the minute, noon, the close
    answers         answers to what a scenario expects
    checks          what must always be true; a hash of what a refused line must not change
    house           EngineHouse, which joins them

A new verb is a function and its line in `house.VERBS`.
"""
