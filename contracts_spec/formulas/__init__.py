"""Every figure of the clearing house as a pure integer function: no state, no clock, no floats.

Prices are ticks (mills per GPU-hour), money mills, ratios basis points, hours GPU-hours. A figure that cannot be raises
`contracts_spec.errors.OutOfRange`. `exchange/reference/formulas/` has a slow twin of each, which tests compare.

rounding        the rounding direction of every formula
settlement      settlement prices, tiers in order, variation margin (SETTLE-001 to 011)
index           certified delivered price, its susceptibility, missing days (INDEX-001 to 004)
cascade         children of a parent, leg prices of a strip (CASCADE-001 to 006)
certification   goodput of a day and a week, tiers, fabric, surveillance (CERT-004 to 010)
conversion      conversion factors between tiers and chips (CERT-030 to 032)
delivery        units, ties, shortfall, invoices, defaults (DELIVER-002 to 011)
margin          initial margin of an account by the full rule (MARGIN-001 to 012)
waterfall       default waterfall, pro-rata shares, guaranty fund (FALL-001, 002)
fees            fees (FEE-001)
routing         effective price and ranking of offers (ROUTE-001, 002)

Periods, calendars, symbols, ids, bands and position limits have modules of their own in `contracts_spec`.
"""
