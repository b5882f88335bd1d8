"""Handles each message of a connection; a file for each theme.

A handler is a function of a connection and a message. It reads the venue and submits commands through the port.

dispatch            the table of handlers by message type; messages before a logon
session_requests    terms of cancel on disconnect, logout
switches            dead-man timer and kill switch
quoting             mass quotes and market-maker protection
batches             batches as a whole
trading             new, replace, cancel, cancel_all; the checks that all commands share
rebuilt_replies     rebuilds the reply to a request that is sent again
operations          one operation of a batch
subscriptions       market data: subscribe, unsubscribe, resync
replays             ranges of an account's stream or of an event channel
queries             queries and limits
"""
