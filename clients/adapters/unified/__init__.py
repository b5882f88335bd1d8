"""Instruments, orders, trades and accounts as ccxt's unified structures. Nothing here imports ccxt.

markets        an instrument as a market; symbols
order_terms    arguments of ccxt's `create_order` as terms of an order
views          orders, fills, trades, positions, balances, tickers and books
past           past trades and candles
refusals       which of ccxt's errors stands for an error of the venue or the client
topics         what `watch_` methods wait for
unsupported    methods of ccxt that the venue has no use for, and why
"""
