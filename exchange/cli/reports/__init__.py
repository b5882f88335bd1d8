"""Commands that show what a venue has settled. Modules marked * do the work of a command; they load slowly.

statement.py       `gpux statement`
"""
