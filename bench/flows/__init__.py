"""Generated order flow.

flow       four seeded kinds of traffic on a filled book, which predict every fill
flow_book  the generator's own first-in-first-out book
"""
