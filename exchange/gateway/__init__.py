"""Where clients connect: connections, sessions, keys, limits, and messages turned into commands.

A module imports only modules that stand below it here. What it needs of a higher one is a Protocol in its own file.

server              the websocket server: sockets and frames; the only module here that knows them
accept_limits       which new connections and requests for files are accepted; what the limit of open files allows
origins             which web pages may connect
handlers/           handles each message of a live connection, a file for each theme; the table of all handlers
logon               what the gateway does from a logon until its connection is live
drop_copy           a package: the drop copy of a clearing firm, `/v1/dc`
connection          the protocol of one connection: frames in, messages out; it is given its handlers
gateway             what all connections share
inbound             a package: reads usual requests into rows, in compiled code
wide_channels       rows of `sub` for a chip, or for all instruments: the channels that they bring
slow_readers        connections that read too slowly, and which channels a connection gets
replay_queue        sends replayed ranges in slices; all connections share one budget
margin              a package: sends what orders and marks change of an account's money, to sessions that asked for it
refused_logons      lines in the venue's log about refused logons
session_registry    makes sessions, numbers them, and knows which may be resumed
session             what outlives connections: terms, last request id, replies
port                the interface to the venue
keys, key_file      the key store: keys and sessions of the journal, in SQLite; how its file is read and checked
firms               a package: accounts that change their clearing firm, as the journal notes it
auth                what a client signs, how signatures are checked, names of scopes
translate           turns messages into COMMAND rows
command_batch       commands that wait for one group commit
stored_replies      which command answered which request of a session
outbox              outgoing messages: encoded, framed, one write per connection per loop tick
throttle            token buckets and profiles of limits
timers              the timer wheel
"""
