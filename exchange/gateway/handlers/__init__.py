"""Handles each message of a live connection; a file for each theme.

dispatch            the table of handlers by message type; queries, replays, logout
trading             new, replace, cancel, cancel_all, cod
batches             batches as a whole
operations          one operation of a batch
quoting             mass quotes and market-maker protection
switches            dead-man timer and kill switch
subscriptions       market data requests, and connections that read too slowly
replays             sends replayed ranges in slices
rebuilt_replies     rebuilds the reply to a request that is sent again
"""
