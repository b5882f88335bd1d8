"""Accounts, positions, margin, fees: who owes what to whom. Compiled.

layout      row formats of all tables
positions   positions by account and book
margin      initial margin of positions and working orders
fills       books a fill: position, initial margin, fee of the order's owner

A daily step (mark run, settlement) is a new file here. A control runs it, which venue/timekeeper.py submits.
"""
