"""The reference clearing house: slow, obvious, in plain Python integers, an independent twin of the engine's clearing.

It plays clearing scenarios (clearing_notation.md), figures come from `exchange.reference.formulas`, calendar facts from
`contracts_spec`. Nothing is cached: every sum is computed from entries, orders and positions each time. Certificates,
deliveries and the default auction are not built.

Read it in this order. A module imports only modules above it in the list:

    terms               terms of contracts, and which are listed on a day
    ledger              double entry: one function that posts
    state               members, orders, contracts, settlements, the index: all that the house knows
    prices              best quotes, T2's rule, marks, limits of the day
    holdings            positions: fills, variation, gains, fees
    index               prints and rentals, the value of a day, what stands in for a missing one
    margin              full margin, the hold of working orders, free funds, orders that only close
    position_limits     how lots count in months, spot limits, terms, flags
    orders              entry checks, matching, trades, blocks
    settlement          prices of the close T1 to T4, tiers in order, marks of noon and of the minute
    life                listing, expiry, cascade, final index settlement
    calls               margin calls, close-only, liquidation
    cash                deposits, withdrawals, adjustments
    statements          what moved a member's cash
    schedule            the points of a day, in order
    answers             answers to what a scenario expects
    checks              what must always be true; a hash of the state
    house               ReferenceHouse: set-up, verbs, and all of the above
"""
