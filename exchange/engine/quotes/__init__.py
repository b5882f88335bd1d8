"""Mass quotes: two-sided orders of market makers, entry by entry, and their protection groups.

mass_quotes.py   QUOTE: updates, matches and reports both sides of an entry
quote_checks.py  checks of an entry, both sides together
protection.py    market-maker protection: counts fills, trips, cancels the quotes of a group

Imports entry.
"""
