"""Accounts, positions, margin, fees: who owes what to whom. Compiled.

layout      row formats of all tables
positions   positions by account and book
margin      initial margin of positions and working orders
fills       what a fill changes for its owner
"""
