"""What becomes of each message of a live connection, by theme.

dispatch            the handler of each message type; queries, replays, logout
trading             new, replace, cancel, cancel_all, cod
batches, operations    batches, and one operation of a batch
quoting             mass quotes and market-maker protection
switches            dead-man timer and kill switch
subscriptions       market data requests, and connections that read too slowly
replays             ranges that are replayed, in slices
rebuilt_replies     replies of requests that are sent again
"""
