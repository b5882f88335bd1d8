"""Where clients connect: connections, sessions, keys, limits, and messages turned into commands.

server              the websocket server: sockets and frames; the only module here that knows them
accept_limits       which new connections are accepted; connections that the limit of open files allows
origins             which web pages may connect
connection          one socket's conversation: frames in, messages out
logon               from a logon to a live connection
auth                what a client signs, and how signatures are checked
refused_logons      lines in the venue's log about refused logons
session             what outlives connections: terms, last request id, replies
session_registry    which sessions may be resumed, and the numbers of new ones
keys, key_file      the key store: keys and sessions of the journal, in SQLite; its file as it is read
gateway             what all connections share
port                the venue as the gateway knows it
handlers            the handler of each message type; queries, replays, logout
trading             new, replace, cancel, cancel_all, cod
batches, operations    batches, and one operation of a batch
quoting             mass quotes and market-maker protection
switches            dead-man timer and kill switch
subscriptions       market data requests, and connections that read too slowly
replays             ranges that are replayed, in slices
translate           messages to COMMAND rows
stored_replies, rebuilt_replies    replies of requests that are sent again
outbox              outgoing messages: encoded, framed, one write per connection per loop tick
throttle            token buckets and profiles of limits
timers              the timer wheel
"""
