"""How long do runs of the clearing house take, and how far is the hold above full margin? `gpux bench clearing`.

questions    the figures beside what they must be
full_margin  full margin of many accounts with many positions
house        an engine with the launch catalogue, accounts with positions, and working orders
daily        settlement of all product groups, and a MARK run, of such a house
hold         random portfolios: the hold against the most that any part of the working orders leads to

Times are processor time of the thread. Each figure counts only after the slow reference has given the same results for
a sample of the accounts.
"""
