"""The slow, obvious twin of `contracts_spec/formulas/`: each figure as its rule says it, in exact fractions.

Nothing here is taken from what it judges. A symbol is a text, a month its code (`F27`), money and ratios are whole
numbers, and every division is a fraction that is rounded once, where the rule says so.

calendar        terms of a symbol, business days, last trading days, listed periods, ids (SPEC-)
settlement      settlement prices, tiers in order, index month in progress, daily limits (SETTLE-, BAND-013)
index           certified delivered price and susceptibility (INDEX-)
contracts       values, fees, cascade, leg prices of a strip (SPEC-004, FEE-001, CASCADE-)
certification   goodput, tiers, conversion factors, effective price (CERT-, ROUTE-)
delivery        units, ties, shortfall, invoices (DELIVER-)
margin          initial margin of an account (MARGIN-)
month_margin    the same from GPU-hours of months, at the rates of a journal
waterfall       default waterfall and guaranty fund (FALL-)
"""
