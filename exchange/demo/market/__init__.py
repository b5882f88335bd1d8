"""The living market: a population of trading programs at a venue (`gpux market`), which the demo uses too.

fundamental.py   what GPU-hours are worth: mean-reverting prices from a seed, and opinions about them
participants.py  programs whose wishes change: dealer, operator, lab, inference fleet, execution desk
population.py    who trades: the list of members
keys.py          private keys of the members, in a folder
live.py          lets members trade at a venue, and measures what they do
run.py           the work of `gpux market`
"""
