"""Native tapes: recorded commands that any engine can replay.

tape      COMMAND rows and controls in a Parquet file with its own hash
metadata  what the file says about itself, and its checks
market    a plain market for generated and imported flow: books, funded accounts, OPEN
"""
