"""Messages of connections with a session, written as bytes in compiled code: replies and account messages.

A module imports only modules that stand below it here.

entry         what Python calls
batch         walks over the commands of a released batch
row_lists     messages with rows: the reply to a mass quote, the fill of a combination
reply_forms   which reply a command gets
row_message   one message from the values of an EVENT row
tables        the table of messages (`wire.table`) as arrays
streams       what the kernels know of accounts and sessions
put           values as bytes; lists of messages for each connection, and their frames
row_values    numbers of the values of an EVENT row
"""
