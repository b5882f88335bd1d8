"""The way in: usual requests from the bytes of a read to COMMAND rows, in compiled code.

A module imports only modules that stand below it here.

requests    reads usual requests into the open batch: what a connection calls
frames      cuts and unmasks the frames of a read
rows        judges a request and writes its rows
records     reads a binary record
text        reads JSON and MessagePack
tables      the table of usual requests (`wire.request_table`) as arrays
"""
