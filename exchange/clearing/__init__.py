"""Accounts, positions, margin, fees: what accounts own and owe. Compiled.

layout         row formats of all tables
index_layout   row formats of the daily index
ledger         posts an amount to an account of a customer and one of the house
positions      positions by account and book
margin         the hold: initial margin of positions and working orders
full_margin    what the positions of all accounts alone require
fills          books a fill: position, initial margin, fee of the order's owner
variation      pays the gains of positions at a settlement
adjustments    moves cash from account to account, to correct a settlement
endings        closes positions of what ends, or turns them into positions in its children

Another daily step is a new file here. A control runs it, which venue/timekeeper.py submits.
"""
