"""What publishers say of trading days: settlement prices, the day so far, statements.

daily_channels  channels `settlement` and `index`
index_values  the last day of each index, and its messages
numbers       numbers of messages of which a command makes many
settlements   the last settlement of each outright, and its messages
statements    what moved each account's cash in a trading day
stats_board   the channels that show the day so far
wide_stats    the day so far of all instruments of a chip, on one channel
stats         the day of an instrument so far, for channels that watch it
"""
