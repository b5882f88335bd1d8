"""Native tapes: recorded commands that any engine can replay.

tape       a whole tape in memory, read from and written to a Parquet file with its own hash
reader     reads a tape of any length, one row group after the other, ahead of its user
writer     writes a tape of any length, one row group after the other
cache      rows of tapes as memory-mapped files on this host, which need no decoding
events     EVENT rows in a Parquet file of the same kind
run        runs a tape on an engine in pieces, and yields its events
parts      slices of rows and single controls, their order and their hash
columns    rows as Parquet columns, and back
scatter    the kernel that assembles rows from columns
encodings  the encoding in which each column is smallest
parquet    opens Parquet files; errors say what was found, and where
metadata   what the file says about itself, and its checks
market     a plain market for generated and imported flow: books, funded accounts, OPEN
"""
