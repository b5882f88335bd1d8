"""Accounts, positions, margin, fees: what accounts own and owe. Compiled.

layout      row formats of all tables
ledger      posts an amount to an account of a customer and one of the house
positions   positions by account and book
margin      initial margin of positions and working orders
fills       books a fill: position, initial margin, fee of the order's owner
variation   pays the gains of positions at a settlement
endings     closes positions of what ends, or turns them into positions in its children
adjustments   moves cash from account to account, to correct a settlement
index_layout  row formats of the daily index

Another daily step is a new file here. A control runs it, which venue/timekeeper.py submits.
"""
