"""Mass quotes: two-sided orders of market makers, entry by entry, and their protection groups.

mass_quotes.py   QUOTE: both sides of an entry are updated, matched, reported
quote_checks.py  reject reasons of an entry, on both sides together
protection.py    market-maker protection: counts fills, trips, cancels the group's quotes

Imports entry.
"""
