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
handlers/           what becomes of each message of a live connection, by theme
translate           messages to COMMAND rows
stored_replies      which command answered which request of a session
outbox              outgoing messages: encoded, framed, one write per connection per loop tick
throttle            token buckets and profiles of limits
timers              the timer wheel
"""
