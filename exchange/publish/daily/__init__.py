"""What publishers say of trading days: settlement prices, the day so far, statements.

settlements   the last settlement of each outright, and its messages
statements    what moved each account's cash in a trading day
stats         the day of an instrument so far, for channels that watch it
"""
