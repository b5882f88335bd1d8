"""Accounts, positions, margin, fees: who owes what to whom."""
