"""Every figure of the clearing house as a pure integer function: no state, no clock, no floats.

Prices are ticks (mills per GPU-hour), money mills, ratios basis points, hours GPU-hours. A figure that cannot be raises
`contracts_spec.errors.OutOfRange`. `exchange/reference/formulas/` has a slow twin of each, which tests compare.

certification   goodput of a day and a week, tiers, fabric, surveillance (CERT-004 to 010)
conversion      conversion factors between tiers and chips (CERT-030 to 032)
routing         effective price and ranking of offers (ROUTE-001, 002)

Periods, calendars, symbols, ids, bands and position limits have modules of their own in `contracts_spec`.
"""
