"""`gpux history`: trades and candles of a data folder as Parquet, a file a trading day. Modules marked * do the work;
they load slowly.

history       the command
day_writer *    replays a journal, day by day, and writes or checks the files of each
journal_days *  the trades of a journal, frame by frame, each with its instrument
day_files *     one Parquet file: its columns, its metadata, how it is written and checked
"""
