"""Folds EVENT rows into market data in compiled code, only for what somebody watches.

fold_rows           kernels that read a release: last trades, changes of followed books, messages of raw channels
event_fold          their tables and buffers, and what they have read as Python objects
raw_books           their tables for books with raw channels: a ladder of levels a book, a stream a channel
ladders             kernels that keep the best levels of a book in order
streams             kernels that find what has changed of the levels, or of the top, that a channel shows
checksums           the kernel that computes the checksum of a book
book_frames         kernels that write the messages of all raw channels after one command
depth_frames        kernels that write `depth` messages
top_frames          kernels that write `top` messages
trade_frames        kernels that write `trades` messages
frames              kernels that write parts of messages, and frame them
literals            the literal parts of these messages, made of their classes
audience            for whom channels are encoded
"""
