"""Adapters: the venue in the shape that other trading libraries expect, on the client library.

ccxt_exchange   an exchange of ccxt (extra `ccxt`)
ccxt_session    its session, errors and markets
nautilus/       data, execution and instruments for NautilusTrader (extra `nautilus`)
unified/        what the ccxt exchange is made of, without ccxt
access          how a program names its key

Each module imports its library itself, so a program needs only that of the adapter it imports.
"""
