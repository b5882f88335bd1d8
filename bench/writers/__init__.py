"""Writers of foreign formats: each runs a tape on an engine and writes what a feed of its books would publish.

order_flow      the order messages of a tape, which the writers share
plain_messages  order messages without replacements
prices          prices in the units of a format
ladder          the compiled level book that order messages lead to
lobster         LOBSTER message and order-book files
hftbacktest     npz of levels and trades for hftbacktest
events          events of a tape as Parquet or Arrow
dbn             Databento DBN, market by order
itch            Nasdaq ITCH 5.0, to test and to time readers of it
convert         `gpux convert`: any format in, any format out, with the report
"""
