"""Where clients connect: connections, sessions, keys, limits, and messages turned into commands.

server              the websocket server: sockets and frames; the only module here that knows them
accept_limits       which new connections are accepted; connections that the limit of open files allows
origins             which web pages may connect
connection          the protocol of one connection: frames in, messages out
logon               what the gateway does from a logon until its connection is live
auth                what a client signs, how signatures are checked, names of scopes
refused_logons      lines in the venue's log about refused logons
session             what outlives connections: terms, last request id, replies
session_registry    which sessions may be resumed; numbers of new sessions
keys, key_file      the key store: keys and sessions of the journal, in SQLite; how its file is read and checked
gateway             what all connections share
port                the interface to the venue
handlers/           handles each message of a live connection, a file for each theme
translate           turns messages into COMMAND rows
stored_replies      which command answered which request of a session
outbox              outgoing messages: encoded, framed, one write per connection per loop tick
throttle            token buckets and profiles of limits
timers              the timer wheel
"""
